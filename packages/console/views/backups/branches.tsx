/** Other histories in the bucket: what they are to this one, and what is to be decided. */
import type { Branch } from "../../../../lib/api/backup-answers.ts";
import { Command } from "../../parts/copy.tsx";
import { Moment } from "../../parts/moment.tsx";

const RELATIONS: Readonly<Record<Branch["relation"], string>> = {
  this: "This store.",
  ancestor: "An earlier life of this store: before a restore.",
  beside:
    "A fork: it began as this store did, and has gone on by itself. Two servers may have written, or an old one came back. One of them has to give way.",
  foreign: "Another store altogether, under the same prefix.",
  unreadable:
    "Its manifest cannot be read: it is encrypted with another key, signed by somebody else, or damaged.",
};

export function Branches({ branches }: { branches: readonly Branch[] }) {
  if (branches.length <= 1) return null;
  const forked = branches.some(({ relation, ignored }) => relation === "beside" && !ignored);
  return (
    <section class="part">
      <h2>Histories in the bucket</h2>
      <ul class="plain">
        {branches.map(({ lineage, epoch, revision, written, relation, ignored }) => (
          <li key={`${lineage} ${epoch}`}>
            <code>{lineage.slice(0, 8)}</code> revision {revision}, <Moment at={written} />
            {relation === "beside" && !ignored && <span class="tag bad">fork</span>}
            {ignored && <span class="tag">let be</span>}
            <div class="soft small">{RELATIONS[relation]}</div>
          </li>
        ))}
      </ul>
      {forked && (
        <>
          <p>Decide which of them goes on; nothing is exported until then:</p>
          <Command text="ledge backup pick this" />
        </>
      )}
    </section>
  );
}
