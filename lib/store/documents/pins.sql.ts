/**
 * Versions of channels and rollouts that pin revisions, and the documents that say what an edge reads. Index: the unique one of
 * `change`, by the keys of these documents alone. In the order of bytes "0" follows "/".
 */
import { orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { change, entry } from "../tables.ts";

const kinds = ["channel", "rollout"];

/** Channels and rollouts that are there or were. */
export const pinningSql = statement(
  { key: change.key },
  kinds
    .map(
      (kind) =>
        `select distinct key from change where namespace='_system' and key>='${kind}/' and key<'${kind}0'`,
    )
    .join(" union all "),
);

/** ?1 a revision, ?2 a namespace: versions that were in force there, or came later. */
export const pinningOfSql = statement(
  { key: change.key, json: textColumn },
  kinds
    .map(
      (kind) => `select c.key,cast(c.value as text) from change c where c.namespace='_system' and c.op='put'
and c.key>='${kind}/'||?2||'/' and c.key<'${kind}/'||?2||'0' and not exists (select 1 from change n
where n.namespace='_system' and n.key=c.key and n.revision>c.revision and n.revision<=?1)`,
    )
    .join(" union all "),
);

/** ?1 to ?3: the keys of a channel, its rollout and an edge, or another. Where one is not there, its parts are null. */
export const pointersSql = statement(
  {
    channel: orNull(textColumn),
    channelRevision: orNull(entry.revision),
    rollout: orNull(textColumn),
    rolloutRevision: orNull(entry.revision),
    edge: orNull(textColumn),
    edgeRevision: orNull(entry.revision),
  },
  `select cast(c.value as text),c.revision,cast(r.value as text),r.revision,cast(e.value as text),e.revision from (select 1)
left join entry c on c.namespace='_system' and c.key=?1 left join entry r on r.namespace='_system' and r.key=?2
left join entry e on e.namespace='_system' and e.key=?3`,
);
