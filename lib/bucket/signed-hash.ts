/**
 * The hash that a PUT's body is signed by. Who puts an object knows it already, and the SDK would hash the body once
 * more: it takes the header for the hash where that is there.
 */
import type { PutObjectCommand } from "@aws-sdk/client-s3";

/** Signs the command's body by this hash of it, in hex. */
export function signByHash(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (hasHeaders(request)) request.headers["x-amz-content-sha256"] = sha256;
      return next(args);
    },
    { step: "build", name: "signedHash" },
  );
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === "object" && request !== null && "headers" in request;
}
