/**
 * `npm run demo:edge`: an origin, a relay and five agents. A commit arrives everywhere; a link is cut and the site serves on; the
 * origin dies and is rebuilt from its bucket; a rollout stops at its first ring. Ends with exit status 1 if anything of it does
 * not come about.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type CuttableLink, openCuttable } from "./cuttable.ts";
import { type StartedCommand, startCommand } from "./started.ts";
import { good, heading, lookAt, type ShownEdge, showAll, tell, until } from "./view.ts";

const cli = join(dirname(fileURLToPath(import.meta.url)), "cli.mjs");
const folder = mkdtempSync(join(tmpdir(), "ledge-edge-"));
const data = join(folder, "origin");
const running = new Set<StartedCommand>();

async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedCommand> {
  const started = await startCommand([process.execPath, cli, ...args], env);
  running.add(started);
  return started;
}

function ledge(...args: readonly string[]): string {
  const ran = spawnSync(process.execPath, [cli, "--data", data, ...args], { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`ledge ${args.join(" ")} ended with ${ran.status}: ${ran.stderr}`);
  return ran.stdout.trim();
}

const origin = (port: number) =>
  start([
    "serve",
    "--data",
    data,
    "--no-demo",
    "--port",
    String(port),
    "--variable",
    "backup_on_commit=start",
  ]);
const put = (rps: number): number =>
  JSON.parse(ledge("put", "shop/limits", `{"rps":${rps}}`, "--if", "any", "-o", "json")).revision;
const shows =
  (rps: number) =>
  ({ text }: { readonly text: string }) =>
    text === `{"rps":${rps}}`;
const portOf = ({ url }: StartedCommand): number => Number(new URL(url).port);

async function agent(name: string, from: number, token: string, follows = "shop"): Promise<ShownEdge> {
  const args = [follows, "--from", `http://127.0.0.1:${from}`, "--edge", name, "--data", join(folder, name)];
  const { url } = await start(["agent", ...args, "--port", "0"], { LEDGE_TOKEN: token });
  return { name, url, token };
}

interface Sites {
  readonly link: CuttableLink;
  /** Behind the relay, whose link is the one that is cut. */
  readonly far: readonly ShownEdge[];
  /** They follow the channel `stable`; the first is the canary. */
  readonly near: readonly ShownEdge[];
}

async function build(port: number): Promise<Sites> {
  const token = ledge("token", "create", "edges", "-g", "read,report,status:shop");
  const link = await openCuttable(port);
  const relay = await agent("relay", link.port, token);
  const behind = Number(new URL(relay.url).port);
  const far = [relay];
  for (const name of ["fra-1", "fra-2", "ams-1"]) far.push(await agent(name, behind, token));
  const near = [
    await agent("lon-1", port, token, "shop@stable"),
    await agent("lon-2", port, token, "shop@stable"),
  ];
  return { link, far, near };
}

async function cutLink({ link, far }: Sites): Promise<void> {
  await heading("The link between the origin and the relay is cut");
  link.cut();
  await until(far.slice(0, 1), ({ source }) => source === "none");
  put(200);
  tell("a commit is made meanwhile: 200. Behind the cut everybody serves what was there:");
  await pause(2000);
  await showAll(far);
  link.mend();
  const seconds = await until(far, shows(200));
  good(`the link is back, and all have 200 after ${seconds.toFixed(1)} s`);
}

async function loseOrigin({ far, near }: Sites, before: StartedCommand): Promise<void> {
  await heading("The origin dies, and its disk with it");
  ledge("backup", "run");
  await before.kill();
  running.delete(before);
  for (const side of ["", "-journal", "-wal", "-shm"]) rmSync(join(data, `ledge.db${side}`), { force: true });
  await until([...far.slice(0, 1), ...near], ({ source }) => source === "none");
  await showAll([...far, ...near]);
  tell("ledge restore: a new store from the bucket");
  ledge("restore", "--to", join(data, "ledge.db"));
  await origin(portOf(before));
  put(300);
  const seconds = await until(far, shows(300));
  good(`the origin is back; a commit, 300, is everywhere after ${seconds.toFixed(1)} s`);
}

/** What runs beside the canary's agent does not bear the new value, and says so. */
async function stopRollout({ near }: Sites): Promise<void> {
  await heading("A rollout: first lon-1, the canary, then all");
  const [canary, other] = near;
  if (canary === undefined || other === undefined) throw new Error("two edges follow the channel");
  // They ask for the origin that was away less and less often: what follows is no news of an edge that hears nothing.
  await until(near, ({ source }) => source === "origin");
  const before = await lookAt(other);
  ledge("edge", "set", "lon-1", "ring=canary");
  const bad = put(0);
  const steps = ["--step", "ring=canary", "--step", "100%", "--bake", "10m", "--on-failure", "back"];
  ledge("rollout", "start", "shop/stable", "--to", String(bad), ...steps);
  await until([canary], shows(0));
  await showAll(near);
  tell("the program at lon-1 fails with 0 requests a second, and tells its agent");
  await fetch(`${canary.url}/v1/agent/health`, {
    method: "POST",
    headers: { authorization: `Bearer ${canary.token}`, "content-type": "application/json" },
    body: JSON.stringify({ namespace: "shop", errorRate: 0.9 }),
  });
  const beganMs = performance.now();
  let status: { state: string; reason?: string };
  do {
    ledge("backup", "run");
    status = JSON.parse(ledge("rollout", "status", "shop/stable", "-o", "json"));
  } while (status.state === "running");
  await until([canary], ({ text }) => text === before.text);
  await showAll(near);
  const seconds = (performance.now() - beganMs) / 1000;
  good(`taken back ${seconds.toFixed(1)} s after the signal. ${status.reason ?? ""} lon-2 never saw it`);
}

/** An edge that is well reports every few seconds: until then the list has the word from before. */
async function fleetAtRest({ far, near }: Sites): Promise<string> {
  const isToCome = () => {
    const { replicas, behind } = JSON.parse(ledge("fleet", "shop", "-o", "json")).summary;
    return behind > 0 || replicas < far.length + near.length;
  };
  for (let looks = 60; looks > 0 && isToCome(); looks--) await pause(500);
  return ledge("fleet", "shop");
}

async function main(): Promise<void> {
  await heading("An origin, a relay, and five agents");
  const first = await origin(0);
  ledge("ns", "put", "shop");
  const revision = put(100);
  ledge("channel", "set", "shop/stable", "--to", String(revision));
  const sites = await build(portOf(first));
  await until([...sites.far, ...sites.near], shows(100));
  await showAll([...sites.far, ...sites.near]);
  await heading("A commit");
  put(150);
  const seconds = await until(sites.far, shows(150));
  good(`150 is at the relay and behind it after ${seconds.toFixed(1)} s; the channel stays where it is`);
  await cutLink(sites);
  await loseOrigin(sites, first);
  await stopRollout(sites);
  await heading("ledge fleet");
  console.log(await fleetAtRest(sites));
}

try {
  await main();
} finally {
  await Promise.all([...running].map((one) => one.kill()));
  rmSync(folder, { recursive: true, force: true });
}
