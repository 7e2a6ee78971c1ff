/**
 * The way from what somebody wants to a commit: the server's plan first, then a message, then the commit that is bound to the plan;
 * or a proposal, where a second person has to look at it. Nothing is written before somebody has seen what it would do.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { LedgeError } from "../../client/errors.ts";
import { Closed } from "../app/closed.tsx";
import { notify } from "../app/notices.tsx";
import { href } from "../app/router.ts";
import { isOpen } from "../app/standing.ts";
import { amountOf } from "../parts/amount.ts";
import { useAttempt } from "../parts/attempt.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorBox } from "../parts/failure.tsx";
import { TextField } from "../parts/form.tsx";
import { useLoad } from "../parts/load.ts";
import { shownName } from "../parts/shown-text.ts";
import { Skeleton } from "../parts/skeleton.tsx";
import { PlanShown } from "./plan-shown.tsx";
import { commitWork, isMessageDemanded, mayForAll, planWork, proposeWork } from "./planning.ts";
import { ANSWERED, isStaleRefusal, verdictOf } from "./verdict.ts";
import type { DocumentPlace, Work } from "./work.ts";

export interface Refused {
  readonly pointer: string;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
}

interface Props {
  readonly work: Work;
  readonly title?: string;
  /** Why it is done, to begin with. */
  readonly message?: string;
  /** Says what was done with it; its changes are drafts no longer. */
  readonly done: (made: { revision?: number | undefined }) => void;
  readonly close: () => void;
  /** Told of all that stands against it, with pointers into the changes. */
  readonly refused?: ((causes: readonly Refused[]) => void) | undefined;
  /** What saving is called here. */
  readonly saveWords?: string;
  /** What may be done in place of it. */
  readonly instead?: { readonly words: string; readonly run: () => void } | undefined;
  /** What to do where somebody else has changed a document meanwhile. */
  readonly merge?: (() => void) | undefined;
  readonly children?: ComponentChildren;
}

export function PlanDialog({
  work: wanted,
  title,
  message: first = "",
  saveWords = "Save",
  ...props
}: Props) {
  const { done, close, refused, merge, instead, children } = props;
  // What is planned is what is done, whatever the view behind it shows meanwhile.
  const [work] = useState(wanted);
  const { places } = work;
  const [message, setMessage] = useState(first);
  const [reason, setReason] = useState("");
  const [override, setOverride] = useState<string>();
  const mayPlan = mayForAll("plan", places) && mayForAll("read", places);
  const names = useMemo(() => [...new Set(places.map(({ namespace }) => namespace))], []);
  const demanded = useLoad((signal) => isMessageDemanded(names, signal), [], "demanded").content === true;
  const words = { message: message || undefined, override: override ? { reason: override } : undefined };
  const planned = useLoad(
    async () => (mayPlan ? planWork(work, words) : undefined),
    [override, mayPlan],
    "plan",
  );
  const plan = planned.content;
  useEffect(() => {
    const causes = plan?.refusals ?? (planned.error instanceof LedgeError ? planned.error.causes : []);
    if (plan !== undefined || planned.error !== undefined) refused?.(causes);
  }, [plan, planned.error]);
  const verdict = verdictOf(plan, { message, demanded });
  const saves = mayForAll("write", places) && (plan !== undefined || !mayPlan);
  const proposes = mayPlan && plan !== undefined && verdict.proposable && work.proposable;
  const id = useSameId(JSON.stringify([plan?.planDigest, words]));
  const {
    busy,
    error: trouble,
    attempt,
  } = useAttempt((error) => {
    if (!(error instanceof LedgeError)) return;
    refused?.(error.causes);
    // It stands otherwise now, so the plan is made anew. Nothing was committed.
    if (error.code === "plan_changed") planned.again();
  });
  const save = () =>
    attempt(async () => {
      const { revision, unchanged } = await commitWork(work, { ...words, planDigest: plan?.planDigest, id });
      notify(
        unchanged ? (
          "Nothing had to change."
        ) : (
          <>
            Saved as <a href={href("commit", [String(revision)])}>revision {revision}</a>
          </>
        ),
      );
      done({ revision });
    });
  const propose = () =>
    attempt(async () => {
      const made = await proposeWork(work, words.message);
      notify(
        <>
          Proposed as <a href={href("proposals", [made.id])}>{made.id}</a>
        </>,
      );
      done({});
    });
  const failing = trouble ?? planned.error;
  return (
    <Dialog
      title={title ?? (places.length === 1 ? "Plan" : `Plan of ${amountOf(places.length, "change")}`)}
      close={close}
    >
      {children}
      <Closed />
      {mayPlan || !isOpen() || (
        <p class="soft">Your token may not plan here. The server judges the change when it is saved.</p>
      )}
      {plan === undefined && mayPlan && planned.error === undefined && <Skeleton lines={8} />}
      {plan !== undefined && (
        <>
          <p>{summaryOf(plan)}</p>
          <PlanShown answered={ANSWERED} plan={plan} sides={work.sides(plan)} />
        </>
      )}
      <ErrorBox
        error={named(failing, places)}
        {...(planned.error === undefined ? {} : { again: planned.again })}
      />
      {isStaleRefusal(plan, failing) && merge !== undefined && (
        <button type="button" class="main" onClick={merge}>
          Look at the newer one and merge
        </button>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (verdict.open && saves && !busy) void save();
        }}
      >
        <TextField
          label={verdict.needsMessage ? "Why (this namespace demands it)" : "Why (kept in the log)"}
          maxLength={1000}
          autofocus
          required={verdict.needsMessage}
          value={message}
          set={setMessage}
        />
        {verdict.overridable && mayForAll("override", places) && (
          <div class="row">
            <TextField
              label="Why a policy may be broken (kept in the commit)"
              maxLength={200}
              value={reason}
              set={setReason}
            />
            <button
              type="button"
              disabled={reason.trim() === "" || reason.trim() === override}
              onClick={() => setOverride(reason.trim() || undefined)}
            >
              Plan with this override
            </button>
          </div>
        )}
        <div class="actions-row">
          {saves && !verdict.reviewed && (
            <button type="submit" class="main" disabled={!verdict.open || busy || planned.loading}>
              {busy ? "Saving …" : saveWords}
            </button>
          )}
          {proposes && (
            <button
              type="button"
              class={verdict.reviewed ? "main" : ""}
              disabled={busy || planned.loading}
              onClick={propose}
            >
              {saves && !verdict.reviewed ? "Propose instead" : "Propose"}
            </button>
          )}
          {instead !== undefined && (
            <button type="button" onClick={instead.run}>
              {instead.words}
            </button>
          )}
          <button type="button" class="quiet" onClick={close}>
            Not now
          </button>
          <span class="soft small" role="status">
            {verdict.why}
          </span>
        </div>
      </form>
    </Dialog>
  );
}

function summaryOf({ changes }: PlanAnswer): string {
  const words = (["created", "changed", "deleted"] as const).flatMap((result) => {
    const count = changes.filter((one) => one.result === result).length;
    return count === 0 ? [] : [`${amountOf(count, "document")} ${result}`];
  });
  return words.length === 0 ? "" : `${words.join(", ")}.`;
}

/** The causes by their documents, where there is more than one. */
function named(error: unknown, places: readonly DocumentPlace[]): unknown {
  if (!(error instanceof LedgeError) || error.causes.length === 0) return error;
  const { code, message, status, requestId = "", causes } = error;
  return new LedgeError(code, message, {
    status,
    requestId,
    causes: causes.map((cause) => {
      const place = places[Number(/^\/changes\/(\d+)/.exec(cause.pointer)?.[1])];
      const pointer =
        place === undefined || places.length === 1 ? "" : `${place.namespace}/${shownName(place.key)}`;
      return { ...cause, pointer };
    }),
  });
}

/** One key for what is sent again, and another as soon as it is another. */
function useSameId(of: string): string {
  const kept = useRef({ of: "", id: "" });
  if (kept.current.of !== of) kept.current = { of, id: crypto.randomUUID() };
  return kept.current.id;
}
