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
import { Approved } from "./approved.tsx";
import { ProposalPage } from "./proposal.tsx";

export function Proposals() {
  const [id] = route.value.parts;
  if (id && id !== "decided") return <ProposalPage key={id} id={id} />;
  return <ProposalList key={id} state={id ? "decided" : "open"} />;
}

function ProposalList({ state }: { state: "open" | "decided" }) {
  const { content, error, again } = useLoad(
    async (signal) =>
      (await pages<ProposalsPage>("/v1/proposals", { state }, signal)).flatMap(({ proposals }) => proposals),
    [head.value],
    state,
  );
  const others = <Others state={state} />;
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
        {others}
      </section>
    );
  return (
    <section>
      <h1>Proposals</h1>
      {others}
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

function Others({ state }: { state: string }) {
  if (state === "decided") return <a href={href("proposals")}>Those that wait</a>;
  return <a href={href("proposals", ["decided"])}>Those that were decided on</a>;
}

function Card({
  one: { id, by, byName, created, message, changes, approved, decided },
}: {
  one: ProposalEntry;
}) {
  return (
    <a class="card" href={decided ? href("commit", [String(decided.revision)]) : href("proposals", [id])}>
      <strong>{message ? shownText(message) : <span class="soft">no message</span>}</strong>
      <span>
        {shownName(byName)}
        {by === whoami.value?.accessor && <span class="tag">yours</span>}
      </span>
      <span class="soft small">
        {amountOf(changes, "change")}, <Moment at={created} />
        {decided
          ? `, ${decided.state} by ${shownText(decided.who)}${decided.reason ? `: ${shownText(decided.reason)}` : ""}`
          : approved && <Approved approved={approved} />}
      </span>
    </a>
  );
}
