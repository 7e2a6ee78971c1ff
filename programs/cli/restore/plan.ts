/** `ledge restore --plan`: what would be restored, from what, and what would be lost. Writes nothing. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RestoreLosses, RestorePreview } from "../../../lib/api/restore-answers.ts";
import type { FoundSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { previewRestore } from "../../../lib/backup/restore/preview.ts";
import { formatTime } from "../../../lib/core/time.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { readDamage } from "../backup/known-damage.ts";
import { countWords, formatBytes, printJson, say } from "../output.ts";
import { printTable } from "../table.ts";
import { failureOf, type RestoreWish, withSnapshot } from "./wish.ts";

export interface PlanPlaces {
  /** The store that would be replaced, if it is there. */
  readonly to: string | undefined;
  /** The store beside the bucket, which knows what was found damaged there. */
  readonly storeFile: string | undefined;
}

/** Prints the preview. */
export async function printPlan(
  wish: RestoreWish,
  { to, storeFile }: PlanPlaces,
  output: "text" | "json",
): Promise<void> {
  printPreview(withDamage(await planFor(wish, to), readDamage(storeFile)), output);
}

function withDamage(preview: RestorePreview, known: ReadonlyMap<string, number>): RestorePreview {
  const objects = preview.objects.map((object) => {
    const foundMs = known.get(object.name);
    return foundMs === undefined ? object : { ...object, damaged: formatTime(foundMs) };
  });
  return { ...preview, objects };
}

/** Before a store is replaced: what it has that the restored one will not have. The old file is kept all the same. */
export async function sayLosses(wish: RestoreWish, to: string): Promise<void> {
  if (!existsSync(resolve(to))) return;
  const { store } = await planFor(wish, to);
  for (const [name = "", text = ""] of lossRows(store)) say(`${name.padEnd(10)}  ${text}`);
}

async function planFor(wish: RestoreWish, to: string | undefined): Promise<RestorePreview> {
  try {
    const file = to === undefined ? undefined : resolve(to);
    return await withSnapshot(wish, (found) =>
      file === undefined || !existsSync(file)
        ? previewRestore(wish, found, undefined)
        : planBeside(wish, found, file),
    );
  } catch (error) {
    throw failureOf(error);
  }
}

/** With what the store there would lose. A damaged store is what people replace: that it cannot tell stops nobody. */
async function planBeside(wish: RestoreWish, found: FoundSnapshot, file: string): Promise<RestorePreview> {
  let db: NodeDb | undefined;
  try {
    db = openNodeDb(file, { readonly: true, mustExist: true });
    return await previewRestore(wish, found, db);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    say(`what the store there has beyond the bucket is not known: ${error.text}`);
    return previewRestore(wish, found, undefined);
  } finally {
    db?.close();
  }
}

export function printPreview(preview: RestorePreview, output: "text" | "json"): void {
  if (output === "json") {
    printJson(preview);
    return;
  }
  printTable(["", ""], [...snapshotRows(preview), ...otherRows(preview), ...lossRows(preview.store)]);
  printTable(
    ["object", "kind", "size"],
    preview.objects.map(({ name, kind, sizeBytes, damaged }) => [
      name,
      damaged === undefined ? kind : `${kind}, damaged`,
      formatBytes(sizeBytes),
    ]),
  );
}

const CHECKS = {
  proven: "proven: its state is compared with a digest",
  linked: "linked: every object is checked by its hash, the state has no digest",
};

function snapshotRows(preview: RestorePreview): string[][] {
  const {
    revision,
    snapshotRevision,
    created,
    lineage,
    epoch,
    check,
    historyFrom,
    objects,
    damaged = [],
  } = preview;
  const found = objects.find((one) => one.damaged !== undefined);
  return [
    ["would restore", `revision ${revision} of lineage ${lineage.slice(0, 8)}, epoch ${epoch}`],
    ["from", `a snapshot at revision ${snapshotRevision}, made ${created}`],
    ["how sure", found === undefined ? CHECKS[check] : `damaged: ${found.name}, found ${found.damaged}`],
    ...damaged.map((name) => ["damaged", `${name}: another snapshot of the revision is taken`]),
    ["history", `from revision ${historyFrom}`],
    [
      "to fetch",
      `${countWords(objects.length, "object")}, ${formatBytes(preview.sizeBytes)} (${formatBytes(preview.rawBytes)} unpacked)`,
    ],
  ];
}

function otherRows({ others }: RestorePreview): string[][] {
  return others.map(({ branch, revision, epoch }) => [
    "also there",
    `branch ${branch}, epoch ${epoch}, revision ${revision}`,
  ]);
}

function lossRows(store: RestoreLosses | null): string[][] {
  if (store === null) return [];
  const { commits, first, last, sharedRevision, namespaces, revision } = store;
  if (commits === 0 || first === null || last === null)
    return [["would lose", `nothing: the store there is at revision ${revision}`]];
  const since = sharedRevision === 0 ? "it is another history" : `after revision ${sharedRevision}`;
  return [
    ["would lose", `${countWords(commits, "commit")} of the store there (${since})`],
    ["", `revision ${first.revision} (${first.time}) to ${last.revision} (${last.time})`],
    ...namespaces.map(({ namespace, changes }) => ["", `${namespace}: ${countWords(changes, "change")}`]),
  ];
}
