/**
 * `npm start` and `ledge serve`: a server on one of the two engines, a bucket on this disk unless another is set, the
 * first token, and a few lines that say where everything is. Ends cleanly on Ctrl-C; a second start keeps all data.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CommanderError } from "commander";
import type { RestoreReport } from "../../lib/backup/restore/restore.ts";
import { SignInCodes } from "../host/front/sign-in-codes.ts";
import type { DatabaseAddress } from "../host/spin/databases.ts";
import { type BucketUse, openBucket } from "./bucket.ts";
import { bucketNews, lookBeforeServing } from "./bucket-news.ts";
import { putDemoDocuments } from "./demo-documents.ts";
import { bringUpToDate } from "./earlier-store.ts";
import { ensureFirstToken, setTokenAside } from "./first-token.ts";
import { greeting } from "./greeting.ts";
import { leaveBucket, settleHistory } from "./history.ts";
import { interrupted } from "./interrupted.ts";
import { listen } from "./listen.ts";
import { parseStartOptions, type StartCommand, type StartOptions } from "./options.ts";
import { pageLink } from "./page-link.ts";
import { shownPath, threadFile } from "./places.ts";
import { showWhileRunning } from "./shown-file.ts";
import { Stopped, troubleOf, WrongUse } from "./stopped.ts";
import { meetStore, ownStore, refuseTruncated, storeAddress, usingStore } from "./store.ts";
import { makeDataFolder, Traces, willMakeBucket, willMakeStore } from "./traces.ts";
import { bucketSettingsOf, type Variable, variableOf } from "./variables.ts";

/** Beside a host that runs, its file is only read. */
const AS_IT_IS = { readonly: true, mustExist: true };

/** Runs a server until it is told to end. Returns the exit status; what went wrong was said. */
export async function start(args: readonly string[], command: StartCommand): Promise<number> {
  try {
    await serve(args, command);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(error instanceof Stopped ? error.message : (troubleOf(error) ?? error));
    return error instanceof WrongUse ? 2 : 1;
  }
}

async function serve(args: readonly string[], command: StartCommand): Promise<void> {
  // The SDK's advice about Node versions is for us, who pin it, and not for who starts a server.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // Nobody reads any more what is said here; the server goes on.
  process.stdout.on("error", () => {});
  const options = parseStartOptions(args, process.env, command);
  const startedMs = Date.now();
  const variable = variableOf(options);
  const store = storeAddress(options);
  const folders = new Traces();
  // Before anything is begun: whoever starts it may end it at once.
  const ended = interrupted();
  try {
    makeDataFolder(options.dataDir, folders);
    await own(options, { store, variable, startedMs, ended, folders, traces: new Traces() });
  } catch (error) {
    folders.undo();
    throw error;
  }
}

async function own(options: StartOptions, begun: Begun): Promise<void> {
  const owned = ownStore(begun.store, options);
  begun.traces.add(() => owned.unmake());
  begun.ended.then(() => {
    if (!begun.traces.kept) endEarly(options, begun, owned);
  });
  try {
    await run(options, begun);
  } catch (error) {
    begun.traces.undo();
    throw error;
  } finally {
    owned.release();
  }
}

/** Asked to end while it waits for a bucket, restores or builds its engine: none of that has to come to an end. */
function endEarly({ dataDir }: StartOptions, { traces, folders }: Begun, owned: { release(): void }): void {
  traces.undo();
  owned.release();
  folders.undo();
  console.log(`Stopped before it was ready. What was in ${shownPath(dataDir)} stays.`);
  process.exit(0);
}

interface Begun {
  readonly store: DatabaseAddress;
  readonly variable: Variable;
  readonly startedMs: number;
  /** When somebody asks for an end. */
  readonly ended: Promise<void>;
  /** What is taken away again where this start is refused: folders after the store is given back, the rest before. */
  readonly folders: Traces;
  readonly traces: Traces;
}

/** A store that was looked at, and the bucket beside it, which listens. */
interface Prepared {
  /** Nothing was ever committed to the store. */
  readonly isNew: boolean;
  readonly bucket: BucketUse;
}

/** From a store that is ours to its end. */
async function run(options: StartOptions, begun: Begun): Promise<void> {
  const prepared = await prepare(options, begun);
  const { isNew, bucket } = prepared;
  try {
    const settled = isNew ? await beginHistory(options, begun, bucket) : undefined;
    if (typeof begun.store === "string") willMakeStore(begun.store, begun.traces);
    const bootstrapSecret = begun.variable("bootstrap_secret") || randomBytes(32).toString("hex");
    const variables = { ...bucket.variables, bootstrap_secret: bootstrapSecret };
    const codes = new SignInCodes();
    const host = await listen(options, { variables, renew: bucket.renew, codes });
    const shown = new Traces();
    bucket.listening();
    begun.traces.keep();
    begun.folders.keep();
    try {
      const asked = { url: host.url, bootstrapSecret, fresh: isNew && settled !== "by the exporter" };
      const token = await ensureFirstToken(options.dataDir, asked);
      // Whoever finds the server by this file finds its token, too.
      const context = showWhileRunning(
        join(options.dataDir, "context.json"),
        JSON.stringify({ url: host.url }),
      );
      shown.add(() => context.restore());
      if (token.state === "made" && options.demo) await putDemoDocuments(host.url, token.token);
      const news = await newsOf(options, begun, prepared);
      const tookMs = Date.now() - begun.startedMs;
      const page = pageLink(host.url, begun.variable, { token, codes });
      console.log(greeting(options, { host, page, bucket, news, token, tookMs }));
      await begun.ended;
      console.log(`\nStopping. Data stays in ${shownPath(options.dataDir)}.`);
    } finally {
      shown.undo();
      await host.stop();
    }
  } finally {
    await bucket.stop();
  }
}

/**
 * Opens the store once for all that has to be known of it before it is served, and the bucket. Throws Stopped for a store
 * that cannot be served. It is closed again before a restore may write its file, and before the host has it.
 */
async function prepare(options: StartOptions, { store, variable, traces }: Begun): Promise<Prepared> {
  const acceptWeak = variable("accept_weak_durability") === "true";
  const met = meetStore(store, { threadFile, acceptWeak, dataDir: options.dataDir });
  try {
    const { isNew } = met;
    if (!isNew) bringUpToDate(met.db, store);
    if (isNew && options.freshHistory) await leaveBucket(options, traces);
    else if (isNew) refuseTruncated(store, options);
    willMakeBucket(options.dataDir, traces);
    const bucket = await openBucket(options.dataDir, variable);
    try {
      const parsed = bucketSettingsOf(bucket, variable);
      if (!isNew && parsed.kind === "set") await lookBeforeServing(met.db, parsed.settings);
      return { isNew, bucket };
    } catch (error) {
      await bucket.stop();
      throw error;
    }
  } finally {
    met.close();
  }
}

/** For a store without a history: what the bucket has of it, and no token of another one. */
async function beginHistory(
  options: StartOptions,
  { store, variable, traces }: Begun,
  bucket: BucketUse,
): Promise<RestoreReport | "by the exporter" | undefined> {
  const settled = options.freshHistory ? undefined : await settleHistory(options, store, bucket, variable);
  if (settled === undefined) setTokenAside(options.dataDir, traces);
  return settled;
}

/** Sentences about the bucket; none where it is not set or cannot be read, which the backup status tells. */
async function newsOf(
  { dataDir }: StartOptions,
  { store, variable }: Begun,
  { isNew, bucket }: Prepared,
): Promise<readonly string[]> {
  const parsed = bucketSettingsOf(bucket, variable);
  if (isNew || parsed.kind !== "set") return [];
  return usingStore(store, threadFile, (db) => bucketNews(db, parsed.settings, dataDir), AS_IT_IS);
}
