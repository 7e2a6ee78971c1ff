/** A started server for a test file, and `ledge` that speaks to it: from its data folder, with no settings of a user. */
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { ledge, type Ran, type RunOptions, type StartedServer, serve, temporaryFolder } from "./processes.ts";

export interface ServedCommand {
  readonly folder: string;
  readonly data: string;
  url(): string;
  ledge(args: readonly string[], options?: RunOptions): Promise<Ran>;
}

/** Starts before the first test of the file and stops after its last. */
export function serveCommand(name: string): ServedCommand {
  const { path: folder, remove } = temporaryFolder(name);
  const data = join(folder, "data");
  let server: StartedServer | undefined;
  beforeAll(async () => {
    server = await serve(data);
  });
  afterAll(async () => {
    await server?.stop();
    remove();
  });
  return {
    folder,
    data,
    url: () => server?.url ?? "",
    ledge: (args, options) => ledge(["--data", data, ...args], options),
  };
}
