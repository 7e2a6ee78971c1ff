/** The host as `npm start` and `ledge serve` run it. */
import { TELL_USED } from "../../lib/core/tokens-used.ts";
import type { SignInCodes } from "../host/front/sign-in-codes.ts";
import { startHost } from "../host/host.ts";
import type { RunningHost } from "../host/options.ts";
import { nativeEngine } from "../native/engine.ts";
import type { BucketUse } from "./bucket.ts";
import { type Log, openLog } from "./log.ts";
import type { StartOptions } from "./options.ts";
import { cacheDir, manifestFile, threadFile, workerFile } from "./places.ts";
import { Stopped } from "./stopped.ts";

/** A request that waits costs the native engine some 10 KB and nothing else. */
const NATIVE_PARKED_MAX = 20_000;

interface Listening {
  readonly variables: Readonly<Record<string, string>>;
  readonly renew: BucketUse["renew"];
  /** Sign people in to the console. */
  readonly codes: SignInCodes;
}

/** Resolves when the host listens. Throws Stopped for a port that somebody else has. */
export async function listen(
  options: StartOptions,
  { variables, renew, codes }: Listening,
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
      codes,
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

/** Events go to standard error, beside what is said on standard output. */
function logOf({ logFormat, logLevel }: StartOptions): Log {
  const terminal = process.stderr.isTTY === true;
  const format = logFormat ?? (terminal ? "text" : "json");
  const colour = terminal && process.env.NO_COLOR === undefined;
  return openLog({ format, level: logLevel, colour }, (line) => process.stderr.write(line));
}
