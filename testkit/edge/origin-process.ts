/** An origin as a process with a bucket behind a link: killed, and rebuilt from that bucket on the same port. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { accessVariablesOf, environmentOf, flagsOf, variablesOf } from "../bucket-settings.ts";
import { type ChaosServer, startChaos } from "../chaos/server.ts";
import { type Link, openLink } from "../link/link.ts";
import { ledge, type Ran, type StartedServer, serve } from "../processes.ts";

export interface OriginProcess {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly bucket: ChaosServer;
  readonly bucketLink: Link;
  /** Of who may do everything. */
  readonly token: string;
  /** A command of `ledge` at this origin; throws what it said where it failed. Gives standard output. */
  ledge(...args: readonly string[]): Promise<string>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The store is gone; a new one comes from the bucket. It is not running, before and after. */
  rebuild(): Promise<void>;
  stop(): Promise<void>;
}

/** Begins with the namespace `shop`. Every commit starts an export, unless `exports` says otherwise. */
export async function startOriginProcess(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  exports: "start" | "off" = "start",
): Promise<OriginProcess> {
  const data = join(folder, "origin");
  const bucket = await startChaos();
  const bucketLink = await openLink({ port: bucket.port });
  const reached = { ...bucket, endpoint: `http://127.0.0.1:${bucketLink.port}` };
  const flags = [...flagsOf(variablesOf(reached)), "--variable", `backup_on_commit=${exports}`];
  let port = 0;
  let running: StartedServer | undefined;
  const start = async (clock = env) => {
    running = await serve(data, [...flags, "--port", String(port)], clock);
    port = Number(new URL(running.url).port);
  };
  const end = async (signal: NodeJS.Signals) => {
    const stopped = running;
    running = undefined;
    await stopped?.stop(signal);
  };
  const run = async (...args: readonly string[]) => said(await ledge(["--data", data, ...args]), args);
  // The first token is made at the pace of this machine, however fast the clocks run later.
  await start({});
  await run("ns", "put", "shop");
  const token = readFileSync(join(data, "admin-token"), "utf8").trim();
  if (Object.keys(env).length > 0) {
    await end("SIGINT");
    await start();
  }
  return {
    data,
    bucket,
    bucketLink,
    token,
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    ledge: run,
    kill: () => end("SIGKILL"),
    start: () => start(),
    async rebuild() {
      for (const side of ["", "-journal", "-wal", "-shm"])
        rmSync(join(data, `ledge.db${side}`), { force: true });
      const args = ["restore", "--from", `${reached.endpoint}/${bucket.bucketName}/ledge`];
      const to = ["--to", join(data, "ledge.db")];
      said(await ledge([...args, ...to], { env: environmentOf(accessVariablesOf(bucket)) }), args);
    },
    async stop() {
      await end("SIGKILL");
      bucketLink.close();
      await bucket.stop();
    },
  };
}

/** A token for all edges: it reads, reports, and may ask what an agent says of itself. */
export async function edgeTokenOf(origin: OriginProcess): Promise<string> {
  return (await origin.ledge("token", "create", "edges", "-g", "read,report,status:shop")).trim();
}

function said({ status, stdout, stderr }: Ran, args: readonly string[]): string {
  if (status === 0) return stdout;
  throw new Error(`ledge ${args.join(" ")} ended with ${status}: ${stderr}`);
}
