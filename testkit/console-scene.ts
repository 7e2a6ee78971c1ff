/** A server with something to look at in it: namespaces, documents with a past, a channel, a token that may little. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Lineage } from "../lib/api/document-answers.ts";
import { ledge, type Ran, type StartedServer } from "./processes.ts";

export interface ConsoleScene {
  readonly server: StartedServer;
  /** Runs the command as the administrator. */
  run(...args: readonly string[]): Promise<Ran>;
  /** An edge says that it serves the newest state of a namespace, or what a channel gave it. */
  report(edge: string, namespace: string, of?: { channel: string; revision: number }): Promise<void>;
  /** A token that reads and sees the past of `shop`, and nothing else. */
  readonly reader: string;
}

export async function consoleScene(server: StartedServer): Promise<ConsoleScene> {
  const token = readFileSync(join(server.dataDir, "admin-token"), "utf8").trim();
  const env = { LEDGE_URL: server.url, LEDGE_TOKEN: token };
  const run = async (...args: readonly string[]) => {
    const ran = await ledge(args, { env });
    if (ran.status !== 0) throw new Error(`${args.join(" ")}: ${ran.stderr}`);
    return ran;
  };
  await run("ns", "put", "shop");
  await run("ns", "put", "stage");
  await run("put", "shop/limits/api", '{"rps":100,"burst":20}', "--if", "any", "-m", "first limits");
  await run("put", "shop/limits/web", '{"rps":10}', "--if", "any");
  await run("put", "shop/banner", "Good morning", "--if", "any");
  await run(
    "put",
    "shop/limits/api",
    '{"rps":200,"burst":20}',
    "--if",
    "any",
    "-m",
    "raise them for the sale",
  );
  await run("put", "stage/limits/api", '{"rps":500}', "--if", "any", "-m", "try more in staging");
  const made = await run("token", "create", "reader", "-g", "read,history:shop");
  const report: ConsoleScene["report"] = async (edge, namespace, of) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const asked = await fetch(`${server.url}/v1/lineage`, { headers });
    const { lineage, head } = Lineage.parse(await asked.json());
    const namespaces = [{ namespace, lineage, revision: head, source: "origin", ...of }];
    const body = JSON.stringify({ beacons: [{ edge, version: "0.1.0", namespaces }] });
    const answer = await fetch(`${server.url}/v1/fleet/beacons`, { method: "POST", headers, body });
    if (answer.status !== 200) throw new Error(await answer.text());
  };
  return { server, run, report, reader: made.stdout.trim() };
}
