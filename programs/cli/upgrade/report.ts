/**
 * What an upgrade would do to a store, and whether it may be done now: what is migrated, how sure the bucket is of what is
 * there, and what to do next. Knows neither files nor servers.
 */
import { VERSION } from "../../../lib/core/version.ts";
import type { Migration } from "../../../lib/store/sqlite/migrate.ts";
import { EXIT, type ExitCode, Failure } from "../failure.ts";

export interface UpgradeFacts {
  /** The file, or the server with its version. */
  readonly store: string;
  readonly format: number;
  readonly revision: number;
  /** The newest revision that was read back from the bucket and found to be the store; null where none was. */
  readonly provenRevision: number | null;
  /** Why backups have stopped, where they have. */
  readonly trouble: string | null;
}

export interface UpgradeReport extends UpgradeFacts {
  readonly version: string;
  readonly newestFormat: number;
  /** Names of the migrations that the store lacks, in their order. */
  readonly migrations: readonly string[];
  /** Whether a store that is migrated and regretted can be had back from the bucket, whole. */
  readonly proven: boolean;
}

/** Throws a Failure for a store that a newer Ledge has migrated. */
export function judgeUpgrade(facts: UpgradeFacts, migrations: readonly Migration[]): UpgradeReport {
  const newestFormat = migrations.at(-1)?.version ?? 0;
  if (facts.format > newestFormat)
    throw new Failure(
      EXIT.refused,
      `${facts.store} has format ${facts.format}, and Ledge ${VERSION} knows formats up to ${newestFormat}`,
      { code: "store_newer", hint: "a newer Ledge migrated it; docs/upgrading.md says how to go back" },
    );
  return {
    ...facts,
    version: VERSION,
    newestFormat,
    migrations: migrations.filter(({ version }) => version > facts.format).map(nameOf),
    proven: facts.trouble === null && facts.provenRevision !== null && facts.provenRevision >= facts.revision,
  };
}

/** 0: nothing is migrated. 8: something is, and there is a way back. 1: something is, and the bucket could not undo it. */
export function exitOf({ migrations, proven }: UpgradeReport): ExitCode {
  if (migrations.length === 0) return EXIT.ok;
  return proven ? EXIT.changes : EXIT.fault;
}

/** Rows for a person. */
export function rowsOfReport(report: UpgradeReport): (readonly [string, string])[] {
  const { store, format, revision, version, newestFormat, migrations } = report;
  return [
    ["store", `${store}, format ${format}, revision ${revision}`],
    ["this Ledge", `${version}, format ${newestFormat}`],
    ["migrates", migrations.length === 0 ? "nothing" : migrations.join(", ")],
    ["bucket", bucketWords(report)],
    ["next", nextWords(report)],
  ];
}

function bucketWords({ provenRevision, revision, proven, trouble }: UpgradeReport): string {
  if (trouble !== null) return trouble;
  if (provenRevision === null) return "nothing in it was proven yet";
  if (proven) return `proven up to revision ${provenRevision}: all of the store`;
  return `proven up to revision ${provenRevision}, ${revision - provenRevision} behind the store`;
}

function nextWords({ migrations, proven }: UpgradeReport): string {
  if (migrations.length === 0)
    return "nothing to do: this version starts on it as it is, and the version before goes on with it";
  if (!proven) return "not yet: `ledge backup run`, until this finds all of the store proven";
  return "stop the server, keep a copy of its file, start this version: the first start migrates (docs/upgrading.md)";
}

/** As its file in migrations/ is called. */
function nameOf({ version, name }: Migration): string {
  return `${String(version).padStart(4, "0")}-${name}`;
}
