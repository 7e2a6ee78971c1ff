/** The statements of the catalogue: the store's row as an exporter needs it, the runs and the objects. */
import { and, eq, isNotNull, like } from "drizzle-orm";
import {
  integerColumn,
  orNull,
  param,
  query,
  sqlOf,
  statement,
  textColumn,
} from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";
import { backupObject, backupRun } from "./tables.ts";

export const exportedStoreSql = statement(
  {
    lineage: store.lineage,
    epoch: store.epoch,
    firstRevision: store.firstRevision,
    revision: store.revision,
    state: store.state,
    pending: integerColumn,
    sealedRevision: orNull(integerColumn),
    adopted: orNull(textColumn),
  },
  `select s.lineage, s.epoch, s.first_revision, s.revision, s.state, s.pending_lineage is not null,
      (select o.value->>'revision' from operation o where o.name='seal'),
      (select o.value->>'lineage' from operation o where o.name='adopted')
     from store s where s.id=1`,
);

export const beginsAtZeroSql = statement(
  { begins: integerColumn },
  "select s.epoch=0 and s.first_revision=1 and not exists (select 1 from usage where compacted>0) from store s where id=1",
);

export const resetPositionSql =
  "update operation set value=json_object('target',value->>'target','lineage',value->>'lineage') where name='position'";

const name = { name: backupObject.name };

/** ?1 lineage, ?2 revision of the base. */
export const basePartsSql = statement(
  name,
  query
    .select(name)
    .from(backupObject)
    .where(
      and(
        eq(backupObject.lineage, param(1)),
        eq(backupObject.revision, param(2)),
        like(backupObject.kind, "base-%"),
      ),
    ),
);

/** ?1 from, ?2 to: the statements that move what was noted about a target. */
export const moveTargetSql = [
  ...[backupRun, backupObject].map((table) =>
    sqlOf(
      query
        .update(table)
        .set({ target: param(2) })
        .where(eq(table.target, param(1))),
    ),
  ),
  `update operation set value=json_set(value,'$.target',?2)
       where name in ('position','base','replay') and value->>'target'=?1`,
  `update or ignore operation set name='seen/'||?2||substr(name,6+length(?1))
       where name>='seen/'||?1||'/' and name<'seen/'||?1||'0'`,
];

/** ?1 run, ?2 generation, ?3 target, ?4 lineage, ?5 now. */
export const openRunSql = sqlOf(
  query.insert(backupRun).values({
    run: param(1),
    generation: param(2),
    target: param(3),
    lineage: param(4),
    state: "started",
    startedMs: param(5),
  }),
);

/** ?1 name, ?2 run, ?3 target, ?4 lineage, ?5 kind, ?6 revision, ?7 bytes, ?8 SHA-256, ?9 now. */
export const insertObjectSql = sqlOf(
  query.insert(backupObject).values({
    name: param(1),
    run: param(2),
    target: param(3),
    lineage: param(4),
    kind: param(5),
    revision: param(6),
    sizeBytes: param(7),
    sha256: param(8),
    writtenMs: param(9),
  }),
);

const thisRun = eq(backupRun.run, param(1));

/** ?1 run, ?2 manifest, ?3 its SHA-256, ?4 position, ?5 SHA-256 of the head. */
export const intendManifestSql = sqlOf(
  query
    .update(backupRun)
    .set({
      manifest: param(2),
      manifestSha256: param(3),
      position: param(4),
      headSha256: param(5),
    })
    .where(thisRun),
);

/** ?1 revision of the base that was made, -1 for none. */
export const dropMadeBaseSql = "delete from operation where name='base' and value->>'revision'<=?1";

/** ?1 run, ?2 now, ?3 revision, ?4 revision of its base. */
export const completeRunSql = sqlOf(
  query
    .update(backupRun)
    .set({
      state: "complete",
      finishedMs: param(2),
      position: null,
      revision: param(3),
      baseRevision: param(4),
    })
    .where(thisRun),
);

/** ?1 run, ?2 now. */
export const endRunSql = sqlOf(
  query
    .update(backupRun)
    .set({ state: "complete", finishedMs: param(2) })
    .where(thisRun),
);

/** ?1 run, ?2 now. */
export const abandonRunSql = sqlOf(
  query
    .update(backupRun)
    .set({ state: "abandoned", finishedMs: param(2), position: null })
    .where(thisRun),
);

const run = { run: backupRun.run };

/** ?1 run. */
export const abandonedSql = statement(
  run,
  query
    .select(run)
    .from(backupRun)
    .where(and(thisRun, eq(backupRun.state, "abandoned"))),
);

const unfinished = {
  run: backupRun.run,
  target: backupRun.target,
  manifest: backupRun.manifest,
  manifestSha256: backupRun.manifestSha256,
  position: backupRun.position,
};

export const unfinishedRunsSql = statement(
  unfinished,
  query
    .select(unfinished)
    .from(backupRun)
    .where(eq(backupRun.state, "started"))
    .orderBy(backupRun.startedMs, backupRun.generation),
);

/** ?1 SHA-256 of a head. */
export const ownHeadSql = statement(
  run,
  query
    .select(run)
    .from(backupRun)
    .where(eq(backupRun.headSha256, param(1)))
    .limit(1),
);

const hashes = { headSha256: backupRun.headSha256, manifestSha256: backupRun.manifestSha256 };

/** ?1 manifest. */
export const hashesSql = statement(
  hashes,
  query
    .select(hashes)
    .from(backupRun)
    .where(eq(backupRun.manifest, param(1))),
);

/** ?1 target, ?2 lineage. */
export const hasExportedSql = statement(
  run,
  query
    .select(run)
    .from(backupRun)
    .where(
      and(
        eq(backupRun.target, param(1)),
        eq(backupRun.lineage, param(2)),
        eq(backupRun.state, "complete"),
        isNotNull(backupRun.manifest),
      ),
    )
    .limit(1),
);

/** ?1 name, ?2 value of a lineage that was never seen. */
export const ignoreLineageSql = `insert into operation (name, value) values (?1,?2)
       on conflict (name) do update set value=json_set(value,'$.ignored',json('true'))`;
