/**
 * `ledge agent`: replicas of some namespaces, followed from their sources, and a door for the services beside it. Ends cleanly
 * on Ctrl-C; a second start serves what was there before it asks anybody.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import { makeFolders } from "../../lib/store/sqlite/folders.ts";
import { heldBy, takeStore } from "../../lib/store/sqlite/owner.ts";
import { type Agent, httpSource, openAgent } from "../../packages/agent/index.ts";
import type { Source } from "../../packages/agent/source.ts";
import { TIMING } from "../../packages/agent/timing.ts";
import type { ServerOptions } from "../../packages/client/server.ts";
import { EXIT, Failure } from "../cli/failure.ts";
import { serverPlaceOf } from "../cli/server/address.ts";
import { nodeFetch, readAuthority } from "../cli/server/node-fetch.ts";
import { interrupted } from "../start/interrupted.ts";
import { type Log, openLog } from "../start/log.ts";
import { Stopped, troubleOf, WrongUse } from "../start/stopped.ts";
import { type AgentHost, openAgentHost } from "./agent-host.ts";
import { Reporter } from "./beacons.ts";
import { agentGreeting } from "./greeting.ts";
import { HealthBook } from "./health.ts";
import { type AgentCommand, BUCKET, parseAgentOptions, sourceToken } from "./options.ts";
import { readOwnTokens } from "./own-tokens.ts";
import type { Renderings } from "./renderings.ts";
import { TokenBook } from "./tokens.ts";

/** A request that waits costs some 15 KB. */
const PARKED_MAX = 20_000;
/** How long the first lines wait for a first state; the agent serves whatever comes later, too. */
const GREET_MS = 3000;

/** Runs an agent until it is told to end. Returns the exit status; what went wrong was said. */
export async function startAgent(args: readonly string[], name: string): Promise<number> {
  try {
    // Nobody reads any more what is said here; the agent goes on.
    process.stdout.on("error", () => {});
    await run(parseAgentOptions(args, name));
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Failure) {
      console.error(error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`);
      return error.exit === EXIT.refused || error.exit === EXIT.fault ? 1 : 2;
    }
    console.error(error instanceof Stopped ? error.message : (troubleOf(error) ?? error));
    return error instanceof WrongUse ? 2 : 1;
  }
}

async function run(command: AgentCommand): Promise<void> {
  const ended = interrupted();
  const release = takeFolder(command.dataDir);
  try {
    await serve(command, ended);
  } finally {
    release();
  }
}

/** Throws Stopped where another agent has it. Gives what gives it back. */
function takeFolder(dataDir: string): () => void {
  makeFolders(dataDir, 0o700);
  try {
    const owned = takeStore(join(dataDir, "agent"), "ledge agent");
    if (owned.ok) return () => owned.release();
    throw new Stopped(`${heldBy(dataDir, owned.holder)} Name another folder with --data.`);
  } catch (error) {
    if (!isUnwritable(error) || !hasReplicas(dataDir)) throw error;
    // Nobody else can write there either. What it holds is served from memory.
    console.error(`${dataDir} cannot be written: what it holds is served, and kept in memory alone.`);
    return () => {};
  }
}

function isUnwritable(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(EACCES|EPERM|EROFS|ENOSPC|SQLITE_(READONLY|CANTOPEN|FULL|IOERR).*)$/.test(code);
}

function hasReplicas(dataDir: string): boolean {
  return readdirSync(dataDir).some((name) => /^[a-z0-9@-]+\.db$/.test(name));
}

async function serve(command: AgentCommand, ended: Promise<void>): Promise<void> {
  const { dataDir, edge, namespaces, limits, acceptedLineages, ca } = command;
  // With each request it would be said that the source does not answer.
  if (ca !== undefined) readAuthority(ca);
  const log = logOf(command);
  const warn = (text: string) => log.event("warn", "agent", { text });
  const token = sourceToken(command, process.env, warn);
  const servers = command.from.filter((one) => one !== BUCKET);
  const asked = askedBy(command, token);
  const tokens = new TokenBook({
    file: join(dataDir, "tokens.json"),
    own: command.ownTokens === undefined ? [] : readOwnTokens(command.ownTokens),
    servers: servers.map(asked),
    keepMs: command.keepTokensMs,
  });
  const agent = openAgent({
    folder: dataDir,
    namespaces,
    ...(edge === undefined ? {} : { edge }),
    sources: await sourcesOf(command, asked, warn),
    limits,
    acceptedLineages,
    log: (text, level = "warn") => log.event(level, "agent", { text }),
  });
  const health = new HealthBook();
  const reporter = new Reporter({
    agent,
    health,
    edge,
    targets: servers.map(asked),
    everyMs: TIMING.beaconMs,
    log: warn,
  });
  let host: AgentHost | undefined;
  let renderings: Renderings | undefined;
  try {
    renderings = await renderingsOf(command, agent, (text) => log.event("warn", "render", { text }));
    host = await listening(command, { agent, tokens, health, reporter, log });
    reporter.start();
    await agent.ready(GREET_MS).catch(() => {});
    await renderings?.first();
    console.log(agentGreeting(command, { agent, url: host.url }));
    await ended;
    console.log(`\nStopping. What is known stays in ${dataDir}.`);
  } finally {
    renderings?.stop();
    await host?.stop();
    await reporter.stop();
    await agent.close();
  }
}

/** Loaded where it is asked for, as the bucket's client is. */
async function renderingsOf({ render }: AgentCommand, agent: Agent, log: (text: string) => void) {
  if (render.length === 0) return undefined;
  const { openRenderings } = await import("./renderings.ts");
  return openRenderings({ agent, wanted: render, log });
}

async function listening(
  { listen, allowHosts, allowOrigins, edge, logRequests }: AgentCommand,
  {
    log,
    ...parts
  }: Pick<Parameters<typeof openAgentHost>[0], "agent" | "tokens" | "health" | "reporter"> & {
    readonly log: Log;
  },
): Promise<AgentHost> {
  try {
    return await openAgentHost({
      ...parts,
      edge,
      listen,
      allowHosts,
      allowOrigins,
      parkedMax: PARKED_MAX,
      log: (component, text) => log.line({ component, stream: "stderr", text }),
      ...(logRequests ? { onRequest: (seen) => log.event("info", "request", { ...seen }) } : {}),
    });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EADDRINUSE") throw error;
    const where = "socket" in listen ? listen.socket : `Port ${listen.port}`;
    throw new Stopped(`${where} is taken. Choose another with --port, --listen or --socket.`);
  }
}

/** One for each `--from`, in order. Throws Failure for a bucket that is not told completely. */
async function sourcesOf(
  command: AgentCommand,
  asked: (from: string) => ServerOptions,
  log: (text: string) => void,
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const from of command.from)
    sources.push(from === BUCKET ? await bucketOf(command, log) : httpSource(asked(from), from));
  return sources;
}

/** Loaded where it is named: the S3 client is large. */
async function bucketOf(
  { bucket, trust, branch, dataDir }: AgentCommand,
  log: (text: string) => void,
): Promise<Source> {
  if (bucket === undefined)
    throw new WrongUse(
      "--from bucket: say which with --bucket ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX]",
    );
  const { openAddressedBucket } = await import("../cli/backup/source.ts");
  const { readReading } = await import("../cli/backup/reading.ts");
  const { agentBucketSource } = await import("./bucket-source.ts");
  return agentBucketSource({
    bucket: await openAddressedBucket({ from: bucket, flag: "--bucket" }),
    name: bucket,
    reading: readReading(trust),
    branch,
    file: join(dataDir, "bucket.json"),
    log,
  });
}

/** How a server is asked: over Node's own HTTP, which knows sockets, and authorities of one's own. */
function askedBy({ ca }: AgentCommand, token: () => string | undefined): (from: string) => ServerOptions {
  return (from) => {
    const place = serverPlaceOf(from);
    return { url: place.url, token, fetch: nodeFetch({ ca, socketPath: place.socketPath }) };
  };
}

/** Events go to standard error, beside what is said on standard output. */
function logOf({ log }: AgentCommand): Log {
  const terminal = process.stderr.isTTY === true;
  const colour = terminal && process.env.NO_COLOR === undefined;
  return openLog({ format: log ?? (terminal ? "text" : "json"), level: "info", colour }, (line) =>
    process.stderr.write(line),
  );
}
