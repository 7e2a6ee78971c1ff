/** The parts of @20minutes/s3rver (which carries no types) that the bundled bucket uses. */
declare module "@20minutes/s3rver" {
  import type { ReadStream } from "node:fs";
  import type { Server } from "node:http";

  interface Context {
    status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  }
  export interface StoredObject {
    /** Null where nothing of it was asked for. */
    readonly content: (ReadStream & { readonly fd?: unknown }) | null;
    readonly metadata: Readonly<Record<string, unknown>>;
  }
  export interface ObjectStore {
    /** Writes a file; gives its size and MD5. */
    putContent(path: string, content: unknown): Promise<readonly [number, string]>;
    getObject(
      bucket: string,
      key: string,
      options?: { readonly start?: number; readonly end?: number },
    ): Promise<StoredObject | null>;
  }
  export default class S3rver {
    constructor(options: {
      address: string;
      port: number;
      silent: boolean;
      directory: string;
      vhostBuckets: boolean;
      configureBuckets: readonly { name: string }[];
    });
    readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
    readonly store: ObjectStore;
    configureBuckets(): Promise<unknown>;
    listen(port: number, address: string, listening: () => void): Server;
  }
}
declare module "@20minutes/s3rver/lib/models/account.js" {
  interface Account {
    createKeyPair(accessKeyId: string, secretAccessKey: string): void;
    revokeAccessKey(accessKeyId: string): void;
  }
  const accounts: { DUMMY_ACCOUNT: Account };
  export default accounts;
}
