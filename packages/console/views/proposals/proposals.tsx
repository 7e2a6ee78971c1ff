/** Changes that wait for a second person: all that the token may see, or one of them. */
import type { ProposalEntry, ProposalsPage } from "../../../../lib/api/proposal-answers.ts";
import { href, route } from "../../app/router.ts";
import { whoami } from "../../app/session.ts";
import { head } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { amountOf } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { ProposalPage } from "./proposal.tsx";

export function Proposals() {
  const [id] = route.value.parts;
  return id === undefined || id === "" ? <ProposalList /> : <ProposalPage key={id} id={id} />;
}

function ProposalList() {
  const { content, error, again } = useLoad(
    async (signal) =>
      (await pages<ProposalsPage>("/v1/proposals", {}, signal)).flatMap(({ proposals }) => proposals),
    [head.value],
    "proposals",
  );
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton />;
  if (content.length === 0)
    return (
      <section class="empty">
        <h1>No proposals wait</h1>
        <p>
          In a namespace with review a change is proposed in the editor, and somebody else approves it here.
          Turn review on with <code>ledge ns put NAME --review all</code>.
        </p>
      </section>
    );
  return (
    <section>
      <h1>Proposals</h1>
      <ul class="cards">
        {content.map((one) => (
          <li key={one.id}>
            <Card one={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ one: { id, by, byName, created, message, changes } }: { one: ProposalEntry }) {
  return (
    <a class="card" href={href("proposals", [id])}>
      <strong>{message ? shownText(message) : <span class="soft">no message</span>}</strong>
      <span>
        {shownName(byName)}
        {by === whoami.value?.accessor && <span class="tag">yours</span>}
      </span>
      <span class="soft small">
        {amountOf(changes, "change")}, <Moment at={created} />
      </span>
    </a>
  );
}
