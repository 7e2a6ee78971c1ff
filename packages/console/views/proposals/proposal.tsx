/** One proposal: what it would do, exactly as it would be committed, and what this person may decide about it. */
import { useState } from "preact/hooks";
import type { CommitAnswer } from "../../../../lib/api/document-answers.ts";
import type { Decided } from "../../../../lib/api/proposal-answers.ts";
import { LedgeError } from "../../../client/errors.ts";
import { notify } from "../../app/notices.tsx";
import { go, href } from "../../app/router.ts";
import { part, send, server } from "../../app/server.ts";
import { whoami } from "../../app/session.ts";
import { head } from "../../app/standing.ts";
import { PlanShown } from "../../changes/plan-shown.tsx";
import { mayForAll } from "../../changes/planning.ts";
import { useAttempt } from "../../parts/attempt.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Approved } from "./approved.tsx";
import { type ReadProposal, readProposal } from "./read-proposal.ts";

export function ProposalPage({ id }: { id: string }) {
  const { content, error, again } = useLoad((signal) => readProposal(id, signal), [id, head.value], id);
  if (error instanceof LedgeError && error.code === "not_found")
    return (
      <section class="empty">
        <h1>This proposal is gone</h1>
        <p>
          It was approved, rejected or withdrawn, or your token may not read all of it.{" "}
          <a href={href("proposals")}>Those that wait</a>
        </p>
      </section>
    );
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton lines={12} />;
  return <Shown id={id} {...content} again={again} />;
}

function Shown({ id, proposal, sides, again }: ReadProposal & { id: string; again: () => void }) {
  const { byName, by, created, message, plan, approved } = proposal;
  return (
    <article>
      <h1>{message ? shownText(message) : "A proposal without a message"}</h1>
      <p class="facts small">
        <span>
          by {shownName(byName)} (<code>{by}</code>)
        </span>
        <Moment at={created} />
        <span>{id}</span>
        {approved && <Approved approved={approved} />}
      </p>
      {proposal.void && (
        <p class="banner">
          It is void: a document of it, a policy or a schema has changed since it was proposed, so nobody can
          approve it any more. It has to be proposed again.
        </p>
      )}
      <PlanShown plan={plan} sides={sides} />
      <Decision id={id} proposal={proposal} again={again} />
    </article>
  );
}

function Decision({
  id,
  proposal,
  again,
}: {
  id: string;
  proposal: ReadProposal["proposal"];
  again: () => void;
}) {
  const [reason, setReason] = useState("");
  const { busy, error, attempt } = useAttempt((failure) => {
    if (failure instanceof LedgeError && failure.code === "approval_void") again();
  });
  const isOwn = proposal.by === whoami.value?.accessor;
  const { changes, ok } = proposal.plan;
  const decides = !isOwn && mayForAll("approve", changes) && mayForAll("read", changes);
  const applies = proposal.approved?.void === false && mayForAll("write", changes);
  const path = `/v1/proposals/${part(id)}`;
  const json = { planDigest: proposal.planDigest };
  const approveOnly = () =>
    attempt(async () => {
      await send<Decided>("POST", `${path}/approve`, { json: { ...json, apply: false } });
      again();
    });
  const commit = (what: "approve" | "apply") => () =>
    attempt(async () => {
      const { revision } = await send<CommitAnswer>(
        "POST",
        `${path}/${what}`,
        what === "apply" ? {} : { json },
      );
      notify(
        <>
          Committed as <a href={href("commit", [String(revision)])}>revision {revision}</a>
        </>,
      );
      go(href("proposals"));
    });
  const takeAway = (what: "reject" | "withdraw") =>
    attempt(async () => {
      await server.json<Decided>({
        method: "POST",
        path: `${path}/${what}`,
        query: { message: reason.trim() || undefined },
      });
      notify(what === "reject" ? "Rejected." : "Withdrawn.");
      go(href("proposals"));
    });
  if (!isOwn && !decides && !applies)
    return <p class="soft">To decide about it takes a token with approve and read over each of its keys.</p>;
  return (
    <section class="part" aria-label="Decision">
      {isOwn && <p class="soft">It is yours, so somebody else decides about it.</p>}
      <ErrorBox error={error} />
      {(isOwn || decides) && (
        <label class="field narrow">
          {isOwn ? "Why it is withdrawn (kept in the log)" : "Why it is rejected (kept in the log)"}
          <input maxLength={900} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
      )}
      <div class="actions-row">
        {!proposal.void && (
          <>
            {applies && (
              <button type="button" class="main" disabled={busy || !ok} onClick={commit("apply")}>
                Apply
              </button>
            )}
            {decides && (
              <>
                <button type="button" class="main" disabled={busy || !ok} onClick={commit("approve")}>
                  Approve and commit
                </button>
                <button type="button" disabled={busy} onClick={approveOnly}>
                  Approve only
                </button>
              </>
            )}
          </>
        )}
        {(isOwn || decides) && (
          <button
            type="button"
            class="danger"
            disabled={busy}
            onClick={() => takeAway(isOwn ? "withdraw" : "reject")}
          >
            {isOwn ? "Withdraw" : "Reject"}
          </button>
        )}
      </div>
    </section>
  );
}
