/** The host as `npm start` and `ledge serve` run it. */
import { join } from "node:path";
import { TELL_USED } from "../../lib/core/tokens-used.ts";
import { ledgeOn, shellWord } from "../cli/called.ts";
import { isLoopback } from "../host/front/judge-host.ts";
import { startHost } from "../host/host.ts";
import type { RunningHost } from "../host/options.ts";
import { nativeEngine } from "../native/engine.ts";
import type { BucketUse } from "./bucket.ts";
import { type Log, openLog } from "./log.ts";
import type { StartOptions } from "./options.ts";
import { cacheDir, manifestFile, shownPath, threadFile, workerFile } from "./places.ts";
import { Stopped } from "./stopped.ts";

/** A request that waits costs the native engine some 10 KB and nothing else. */
const NATIVE_PARKED_MAX = 20_000;

/** Resolves when the host listens. Throws Stopped for a port that somebody else has. */
export async function listen(
  options: StartOptions,
  variables: Readonly<Record<string, string>>,
  renew: BucketUse["renew"],
): Promise<RunningHost> {
  const log = logOf(options);
  try {
    return await startHost({
      manifest: manifestFile,
      stateDir: options.dataDir,
      cacheDir,
      workerFile,
      listen: { host: options.host, port: options.port },
      variables: { ...variables, ...options.variables },
      libsqlWorkerFile: threadFile,
      freshInstances: options.freshInstances,
      ...(options.runtimeConfigFile === undefined ? {} : { runtimeConfigFile: options.runtimeConfigFile }),
      allowHosts: options.allowHosts,
      allowOrigins: options.allowOrigins,
      readRate: options.readRate,
      tellUsed: TELL_USED,
      withoutStore: ["/healthz", "/openapi.json"],
      log: log.line,
      ...(options.logRequests ? { onRequest: (seen) => log.event("info", "request", { ...seen }) } : {}),
      ...(renew === undefined ? {} : { renew: { component: "snapshot-export", variables: renew } }),
      metricsRoute: "/metrics",
      staticText: pageText(options),
      ...(options.engine === "native" ? { engine: nativeEngine(), maxParked: NATIVE_PARKED_MAX } : {}),
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new Stopped(
        `Port ${options.port} is taken. Choose another: ${options.again} --port ${options.port === 65535 ? 3000 : options.port + 1}`,
      );
    }
    throw error;
  }
}

/**
 * The page at / shows commands as they are typed beside this server. From elsewhere it can be read without a token, and
 * paths of this machine are nobody's business there.
 */
function pageText({ dataDir, host }: StartOptions): (text: string) => string {
  if (!isLoopback(host)) return (text) => text;
  const restored = shellWord(shownPath(join(dataDir, "restored.db")));
  return (text) =>
    text
      .replaceAll("./ledge ", () => `${escapeHtml(ledgeOn(dataDir))} `)
      .replace("restored.db", () => escapeHtml(restored));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Events go to standard error, beside what is said on standard output. */
function logOf({ logFormat, logLevel }: StartOptions): Log {
  const terminal = process.stderr.isTTY === true;
  const format = logFormat ?? (terminal ? "text" : "json");
  const colour = terminal && process.env.NO_COLOR === undefined;
  return openLog({ format, level: logLevel, colour }, (line) => process.stderr.write(line));
}
