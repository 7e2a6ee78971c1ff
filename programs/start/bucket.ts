/**
 * Which bucket this start uses: the one that variables name, or the bundled one in the data folder. The bundled
 * server keeps its port from start to start, as far as it is free.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCredentials, type RenewCredentials } from "./bucket-credentials.ts";
import { keepBucket } from "./kept-bucket.ts";
import { tellWait } from "./waiting.ts";

export interface BucketUse {
  readonly bundled: boolean;
  /** What to hand to the host; empty when variables already name a bucket. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where credentials are looked for: the variables that carry them, as they are now. */
  readonly renew?: RenewCredentials | undefined;
  /** For people: where backups go. */
  readonly description: string;
  /** As --from takes it; undefined for the bundled one, which is found without. */
  readonly address?: string;
  /** The server beside it listens: this is the bucket's port from now on. */
  listening(): void;
  stop(): Promise<void>;
}

/** Starts the bundled bucket unless the variable bucket_name is set. */
export async function openBucket(
  dataDir: string,
  variable: (name: string) => string | undefined,
): Promise<BucketUse> {
  const name = variable("bucket_name");
  if (name !== undefined && name !== "") {
    const description = `${name} at ${variable("bucket_endpoint") ?? "no endpoint: set bucket_endpoint"}`;
    const address = `${variable("bucket_endpoint") ?? ""}/${name}/${variable("bucket_prefix") ?? ""}`;
    const renew = openCredentials(variable);
    const shown = { bundled: false, description, address, renew } as const;
    return {
      ...shown,
      variables: renew === undefined ? {} : await tellWait("the bucket's credentials", renew()),
      listening: () => keepBucket(dataDir, variable),
      stop: async () => {},
    };
  }
  const dir = join(dataDir, "bucket");
  // Who has a bucket does not load a server of one.
  const { startBucket } = await import("./bundled-bucket.ts");
  const server = await startBucket({ dir, port: keptPort(dataDir) });
  return {
    bundled: true,
    variables: {
      bucket_endpoint: server.endpoint,
      bucket_name: server.bucketName,
      bucket_access_key_id: server.accessKeyId,
      bucket_secret_access_key: server.secretAccessKey,
      bucket_credentials: "static",
    },
    description: `${dir} (a real S3 server on ${server.endpoint})`,
    listening() {
      writeFileSync(portFile(dataDir), `${new URL(server.endpoint).port}\n`);
      keepBucket(dataDir, undefined);
    },
    stop: () => server.stop(),
  };
}

function portFile(dataDir: string): string {
  return join(dataDir, "bucket-port");
}

/** The port of the last start; 0, which lets the system choose, where none is known. */
function keptPort(dataDir: string): number {
  if (!existsSync(portFile(dataDir))) return 0;
  const port = Number(readFileSync(portFile(dataDir), "utf8"));
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : 0;
}
