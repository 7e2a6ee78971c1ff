/**
 * Where a bucket is asked: `endpoint/bucket/name` in path style, `bucket.endpoint/name` with a virtual host.
 * The SDK makes path style and this file turns it into what was set, because the SDK's own rules fall back to
 * path style for some names and addresses, where nothing would answer and no outbound rule would let it pass.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "./settings.ts";

type Address = Pick<BucketSettings, "bucketName" | "pathStyle">;

/** Makes the client ask in the style of the settings. */
export function addressBucket(client: S3Client, address: Address): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (hasAddress(request)) Object.assign(request, addressOf(request, address));
      return next(args);
    },
    // Before the header Host is made, which is the last thing of this step.
    { step: "build", name: "bucketAddress" },
  );
}

interface RequestAddress {
  readonly hostname: string;
  readonly path: string;
}

/**
 * From the SDK's path style to host and path. An endpoint that begins with the bucket's name is the virtual
 * host itself: Spin lets a component reach exactly its endpoint. In path style a bucket is asked for as
 * `/name`, not `/name/` as the SDK has it: both mean the same, and small servers (the bundled one among them)
 * check the signature of the first only.
 */
export function addressOf(
  { hostname, path }: RequestAddress,
  { bucketName, pathStyle }: Address,
): RequestAddress {
  if (pathStyle) return { hostname, path: path === `/${bucketName}/` ? `/${bucketName}` : path };
  const own = path === `/${bucketName}` ? "/" : path.slice(bucketName.length + 1);
  const isVirtual = hostname.startsWith(`${bucketName}.`);
  return { hostname: isVirtual ? hostname : `${bucketName}.${hostname}`, path: own };
}

function hasAddress(request: unknown): request is RequestAddress {
  return (
    typeof request === "object" &&
    request !== null &&
    "path" in request &&
    typeof request.path === "string" &&
    "hostname" in request &&
    typeof request.hostname === "string"
  );
}
