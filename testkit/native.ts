/** The native engine for tests, and the connections that its memories look through. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { NodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import type { HostOptions } from "../programs/host/options.ts";
import { type NativeOptions, nativeEngine } from "../programs/native/engine.ts";
import { openBeside } from "../programs/native/journal.ts";
import { type Commits, noCommits } from "../programs/native/store-watch.ts";
import { FULL } from "./crash-sample.ts";
import { testFolder } from "./host.ts";
import { addNamespace, bootstrap } from "./proposals.ts";
import { committedMigrations } from "./store.ts";
import { threadFile } from "./threads.ts";

/** For `HostOptions.engine`. */
export function testNativeEngine(options: Pick<NativeOptions, "wal"> = {}): ReturnType<typeof nativeEngine> {
  return nativeEngine({ workerFile: threadFile("native-worker"), ...options });
}

/**
 * For rules that are the same code on both engines, and are met in the components elsewhere: the native engine, which
 * takes a fifth of the processor. The long form takes the components here, too.
 */
export function cheaperEngine(): Pick<HostOptions, "engine"> {
  return FULL ? {} : { engine: testNativeEngine() };
}

export interface WatchedStore {
  readonly file: string;
  readonly commits: Commits;
  readonly writer: NodeDb;
  readonly reader: NodeDb;
}

/** A store in WAL with the namespace `shop`, and two connections that count its commits; closed after the test. */
export function openWatchedStore(): WatchedStore {
  const file = join(testFolder(), "ledge.db");
  const commits = noCommits();
  const writer = openBeside(file, { wal: true, commits });
  migrate(writer, committedMigrations());
  bootstrap(writer);
  addNamespace(writer, "shop");
  const reader = openBeside(file, { wal: true, commits });
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  return { file, commits, writer, reader };
}
