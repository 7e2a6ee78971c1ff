/**
 * `npm start` and `ledge serve`: a server on one of the two engines, a bucket on this disk unless another is set, the
 * first token, and a few lines that say where everything is. Ends cleanly on Ctrl-C; a second start keeps all data.
 */

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import color from "picocolors";
import { holdsSnapshots } from "../../lib/backup/histories/branches.ts";
import type { RestoreReport } from "../../lib/backup/restore/restore.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import { credentialsTrouble } from "../../lib/bucket/credentials.ts";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import {
  type BucketSettings,
  type BucketSettingsOutcome,
  parseBucketVariables,
} from "../../lib/bucket/settings.ts";
import { parseBackupKeys } from "../../lib/snapshot/keys.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import { startHost } from "../host/host.ts";
import type { RunningHost } from "../host/options.ts";
import { type DatabaseAddress, shownAddress } from "../host/spin/databases.ts";
import { readSpinManifest } from "../host/spin/manifest.ts";
import { resolveVariables } from "../host/spin/variables.ts";
import { nativeEngine } from "../native/engine.ts";
import { type BucketUse, openBucket } from "./bucket.ts";
import { setBucketAside } from "./bucket-check.ts";
import { bucketNews, lookBeforeServing } from "./bucket-news.ts";
import { putDemoDocuments } from "./demo-documents.ts";
import { ensureFirstToken, type FirstToken, setTokenAside } from "./first-token.ts";
import { interrupted } from "./interrupted.ts";
import { type Log, openLog } from "./log.ts";
import { parseStartOptions, type StartOptions } from "./options.ts";
import { restoreAtStart } from "./self-restore.ts";
import { showWhileRunning } from "./shown-file.ts";
import { Stopped, troubleOf } from "./stopped.ts";
import {
  isWithoutHistory,
  ownStore,
  refuseTruncated,
  storeAddress,
  usingStore,
  weaknessOf,
} from "./store.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
const manifestFile = join(root, "spin.toml");
/** A request that waits costs the native engine some 10 KB and nothing else. */
const NATIVE_PARKED_MAX = 20_000;
/** Beside a host that runs, its file is only read. */
const AS_IT_IS = { readonly: true, mustExist: true };
/** Speaks to a libSQL server, where there is one. */
const threadFile = join(root, "dist", "programs", "libsql-worker.mjs");
const paint = color.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

/** What a server is started as. */
export interface StartCommand {
  /** As it is typed. */
  readonly name: string;
  readonly engine: StartOptions["engine"];
}

/** Runs a server until it is told to end. Returns the exit status; what went wrong was said. */
export async function start(args: readonly string[], command: StartCommand): Promise<number> {
  try {
    await serve(args, command);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(error instanceof Stopped ? error.message : (troubleOf(error) ?? error));
    return 1;
  }
}

async function serve(args: readonly string[], command: StartCommand): Promise<void> {
  // The SDK's advice about Node versions is for us, who pin it, and not for who starts a server.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const options = parseStartOptions(args, process.env, command);
  const startedMs = Date.now();
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const variable = variableOf(options);
  const store = storeAddress(options);
  const owned = ownStore(store, options);
  try {
    await run(options, { store, variable, startedMs });
  } finally {
    owned.release();
  }
}

interface Begun {
  readonly store: DatabaseAddress;
  readonly variable: Variable;
  readonly startedMs: number;
}

/** From a store that is ours to its end. */
async function run(options: StartOptions, { store, variable, startedMs }: Begun): Promise<void> {
  const isNew = await isWithoutHistory(store, threadFile);
  const weakness = await weaknessOf(store, threadFile, variable("accept_weak_durability") === "true");
  if (weakness !== undefined) throw new Stopped(weakness);
  if (isNew && options.freshHistory) await setAside(options);
  else if (isNew) refuseTruncated(store, options);
  const bucket = await openBucket(options.dataDir, variable);
  try {
    const settled =
      isNew && !options.freshHistory ? await settleHistory(options, store, bucket, variable) : undefined;
    if (isNew && settled === undefined) setTokenAside(options.dataDir);
    const parsed = settingsOf(bucket, variable);
    if (!isNew && parsed.kind === "set")
      await usingStore(store, threadFile, (db) => lookBeforeServing(db, parsed.settings), {
        mustExist: true,
      });
    const bootstrapSecret = variable("bootstrap_secret") || randomBytes(32).toString("hex");
    const variables = { ...bucket.variables, bootstrap_secret: bootstrapSecret };
    const host = await listen(options, variables, bucket.renew);
    const context = showWhileRunning(
      join(options.dataDir, "context.json"),
      JSON.stringify({ url: host.url }),
    );
    bucket.listening();
    try {
      const asked = { url: host.url, bootstrapSecret, fresh: isNew && settled !== "by the exporter" };
      const token = await ensureFirstToken(options.dataDir, asked);
      if (token.state === "made" && options.demo) await putDemoDocuments(host.url, token.token);
      // What is not set, or cannot be read, the export says.
      const looked = !isNew && parsed.kind === "set";
      const news = looked
        ? await usingStore(store, threadFile, (db) => bucketNews(db, parsed.settings), AS_IT_IS)
        : [];
      // Before it is said: who reads that it is ready may end it at once.
      const ended = interrupted();
      console.log(greeting(options, host, { ...bucket, news }, token, Date.now() - startedMs));
      await ended;
      console.log(`\nStopping. Data stays in ${shown(options.dataDir)}.`);
    } finally {
      context.restore();
      await host.stop();
    }
  } finally {
    await bucket.stop();
  }
}

/** A variable as the host will see it: flags, then the environment, then the manifest's default. */
function variableOf({ variables: given }: StartOptions): Variable {
  const { variables: specs } = readSpinManifest(manifestFile);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(specs, name));
  if (unknown !== undefined) {
    throw new Stopped(`There is no variable ${unknown}; spin.toml has ${Object.keys(specs).join(", ")}.`);
  }
  const values = resolveVariables(specs, { given, environment: process.env });
  return (name) => values[name] ?? undefined;
}

async function setAside(options: StartOptions): Promise<void> {
  const aside = await setBucketAside(options.dataDir);
  if (aside !== undefined) console.log(`A new history begins. The former bucket is kept in ${shown(aside)}.`);
}

type Variable = (name: string) => string | undefined;

function settingsOf(bucket: BucketUse, variable: Variable): BucketSettingsOutcome {
  return parseBucketVariables((name) => bucket.variables[name] ?? variable(name));
}

/** Before a history begins: an empty bucket, a restore, or a person who says which. */
async function settleHistory(
  options: StartOptions,
  store: DatabaseAddress,
  bucket: BucketUse,
  variable: Variable,
): Promise<RestoreReport | "by the exporter" | undefined> {
  const parsed = settingsOf(bucket, variable);
  if (parsed.kind === "invalid") {
    const trouble = credentialsTrouble((name) => bucket.variables[name] ?? variable(name));
    throw new Stopped(trouble ?? `These variables are missing or malformed: ${parsed.variables.join(", ")}.`);
  }
  if (parsed.kind === "not_set") return undefined;
  if (!(await holdsBackups(options, parsed.settings))) return undefined;
  // Step by step, as on Spin: one long transaction would be taken from us by whoever else waits for the server.
  if (typeof store !== "string") return restoresItself(options, store, variable);
  const file = store;
  const keys = parseBackupKeys(variable, randomBytes);
  if (keys.kind === "invalid")
    throw new Stopped(`These variables are malformed: ${keys.variables.join(", ")}.`);
  if (variable("restore_on_start") === "true") return restoreItself(file, parsed.settings, keys.keys.reading);
  const over = existsSync(file) ? " --replace" : "";
  const { endpoint, bucketName, prefix } = parsed.settings;
  const from = bucket.bundled ? "" : ` --from ${endpoint}/${bucketName}/${prefix}`;
  throw new Stopped(
    `There is no database with a history in ${shown(options.dataDir)}, but the bucket holds backups.
If the database was lost, restore it:   ./ledge restore --to ${shown(file)}${over}${from}
To have a start do it by itself:        ${options.command} --variable restore_on_start=true
To begin a new history on purpose:      ${options.command} --fresh
Nothing was changed.`,
  );
}

function restoresItself(
  options: StartOptions,
  store: DatabaseAddress,
  variable: Variable,
): "by the exporter" {
  if (variable("restore_on_start") === "true") return "by the exporter";
  throw new Stopped(
    `There is no store with a history on ${shownAddress(store)}, but the bucket holds backups.
To have it restored from them:          ${options.command} --variable restore_on_start=true
To begin a new history on purpose:      ${options.command} --fresh
(each with the same --runtime-config-file). Nothing was changed.`,
  );
}

/** Whether the bucket holds backups. Without its answer no history begins: there might be one. */
async function holdsBackups(options: StartOptions, settings: BucketSettings): Promise<boolean> {
  try {
    return await holdsSnapshots(openS3Bucket(settings, { attempts: 2, timeoutMs: 5000 }));
  } catch (error) {
    if (!(error instanceof BucketFault)) throw error;
    throw new Stopped(
      `There is no database with a history in ${shown(options.dataDir)}, and the bucket does not say whether it holds backups:
${error.detail} (${settings.endpoint}, bucket ${settings.bucketName}).
Mend that and start again. A private certificate authority is trusted with NODE_EXTRA_CA_CERTS=FILE.
To begin a new history without asking:  ${options.command} --fresh
Nothing was changed.`,
    );
  }
}

async function restoreItself(
  file: string,
  settings: BucketSettings,
  reading: Reading,
): Promise<RestoreReport> {
  try {
    const report = await restoreAtStart(openS3Bucket(settings), file, reading);
    console.log(
      `Restored revision ${report.revision} (${report.check}, ${report.documents} documents) from the bucket into ${shown(file)}.`,
    );
    return report;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Stopped(`The bucket holds backups, and restoring them failed: ${said}`);
  }
}

async function listen(
  options: StartOptions,
  variables: Readonly<Record<string, string>>,
  renew: BucketUse["renew"],
): Promise<RunningHost> {
  const log = logOf(options);
  try {
    return await startHost({
      manifest: manifestFile,
      stateDir: options.dataDir,
      cacheDir: join(root, "dist", "cache"),
      workerFile: join(root, "dist", "programs", "host-worker.mjs"),
      listen: { host: options.host, port: options.port },
      variables: { ...variables, ...options.variables },
      libsqlWorkerFile: threadFile,
      freshInstances: options.freshInstances,
      ...(options.runtimeConfigFile === undefined ? {} : { runtimeConfigFile: options.runtimeConfigFile }),
      allowHosts: options.allowHosts,
      withoutStore: ["/healthz", "/openapi.json"],
      log: log.line,
      ...(options.logRequests ? { onRequest: (seen) => log.event("info", "request", { ...seen }) } : {}),
      ...(renew === undefined ? {} : { renew: { component: "snapshot-export", variables: renew } }),
      metricsRoute: "/metrics",
      ...(options.engine === "native" ? { engine: nativeEngine(), maxParked: NATIVE_PARKED_MAX } : {}),
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new Stopped(
        `Port ${options.port} is taken. Choose another: ${options.command} --port ${options.port === 65535 ? 3000 : options.port + 1}`,
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

const ENGINES = {
  wasm: "Wasm, the components that Spin runs; `./ledge serve` is the faster server for production",
  native: "native, the same handlers in Node",
} as const;

function greeting(
  options: StartOptions,
  host: RunningHost,
  bucket: BucketUse & { readonly news: readonly string[] },
  token: FirstToken,
  tookMs: number,
): string {
  const line = (name: string, text: string) => `  ${paint.dim(name.padEnd(9))} ${text}`;
  const to = shown(join(options.dataDir, "restored.db"));
  // The command looks for .ledge by itself.
  const ledge =
    options.dataDir === resolve(".ledge") ? "./ledge" : `./ledge --data ${shown(options.dataDir)}`;
  const from = bucket.address === undefined ? "" : ` --from ${bucket.address}`;
  const who = {
    made: `admin; the token was made now and is kept in ${shown(token.file)}`,
    kept: `admin; the token is kept in ${shown(token.file)}`,
    restoring: "this store is being restored; ./ledge restore --server goes on with it",
    elsewhere: "this store had its first token elsewhere: set LEDGE_TOKEN for the commands",
  }[token.state];
  return [
    `${paint.bold("Ledge")} is ready after ${(tookMs / 1000).toFixed(1)} s ${paint.dim("(Ctrl-C stops it, data stays)")}`,
    line("server", paint.cyan(host.url)),
    line("data", typeof host.database === "string" ? shown(host.database) : shownAddress(host.database)),
    line("engine", ENGINES[options.engine]),
    line("bucket", bucket.description),
    ...bucket.news.map((one) => line("", paint.yellow(one))),
    line("you", who),
    line("try", options.demo ? `${ledge} get demo/limits/api` : `${ledge} ns ls`),
    line("", options.demo ? `${ledge} put demo/banner 'Good morning' --if any` : `${ledge} ns put shop-prod`),
    line("", `${ledge} backup run && ${ledge} restore${from} --to ${to}`),
  ].join("\n");
}

/** A path as a person in this folder would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : `./${short}`;
}
