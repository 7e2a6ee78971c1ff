/**
 * The way from wanted changes to a commit: the server's plan first, then a message, then the commit that is bound to the plan; or a
 * proposal, where a second person has to look at it. Nothing is written before somebody has seen what it would do.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { LedgeError } from "../../client/errors.ts";
import { notify } from "../app/notices.tsx";
import { href } from "../app/router.ts";
import { amountOf } from "../parts/amount.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorBox } from "../parts/failure.tsx";
import { useLoad } from "../parts/load.ts";
import { shownName } from "../parts/shown-text.ts";
import { Skeleton } from "../parts/skeleton.tsx";
import { PlanShown } from "./plan-shown.tsx";
import { commitWanted, isMessageDemanded, mayForAll, planChanges, proposeChanges } from "./planning.ts";
import { afterOf, type WantedChange } from "./wanted.ts";

export interface Refused {
  readonly pointer: string;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
}

interface Props {
  readonly changes: readonly WantedChange[];
  /** Says what was done with them; they are drafts no longer. */
  readonly done: (made: { revision?: number | undefined }) => void;
  readonly close: () => void;
  /** Told of all that stands against them, with pointers into the changes. */
  readonly refused?: ((causes: readonly Refused[]) => void) | undefined;
  /** What saving is called here. */
  readonly saveWords?: string;
  /** What may be done in place of it. */
  readonly instead?: { readonly words: string; readonly run: () => void } | undefined;
  /** What to do where somebody else has changed a document meanwhile. */
  readonly merge?: (() => void) | undefined;
}

const STALE = ["stale", "exists", "precondition_required", "not_found"];
/** What an answer in this dialog may take away: a message, an override, or a second person. */
const ANSWERED = ["message_required", "approval_required"];
const PROPOSAL_CHARS_MAX = 512 * 1024;

export function PlanDialog({ changes, done, close, refused, merge, saveWords = "Save", instead }: Props) {
  const [message, setMessage] = useState("");
  const [reason, setReason] = useState("");
  const [override, setOverride] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>();
  const mayPlan = mayForAll("plan", changes) && mayForAll("read", changes);
  const names = useMemo(() => [...new Set(changes.map(({ namespace }) => namespace))], [changes]);
  const demanded = useLoad((signal) => isMessageDemanded(names, signal), [], "demanded").content === true;
  const words = { message: message || undefined, override: override ? { reason: override } : undefined };
  const planned = useLoad(
    async () => (mayPlan ? planChanges(changes, words) : undefined),
    [changes, override],
    "plan",
  );
  const plan = planned.content;
  useEffect(() => {
    const causes = plan?.refusals ?? (planned.error instanceof LedgeError ? planned.error.causes : []);
    if (plan !== undefined || planned.error !== undefined) refused?.(causes);
  }, [plan, planned.error]);
  const verdict = verdictOf(plan, { message, demanded });
  const saves = mayForAll("write", changes) && (plan !== undefined || !mayPlan);
  const id = useSameId(JSON.stringify([plan?.planDigest, words]));
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setTrouble(undefined);
    try {
      await work();
    } catch (error) {
      setTrouble(error);
      if (error instanceof LedgeError) refused?.(error.causes);
      // It stands otherwise now, so the plan is made anew. Nothing was committed.
      if (error instanceof LedgeError && error.code === "plan_changed") planned.again();
    }
    setBusy(false);
  };
  const save = () =>
    attempt(async () => {
      const { revision, unchanged } = await commitWanted(changes, {
        ...words,
        planDigest: plan?.planDigest,
        id,
      });
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
      const made = await proposeChanges(changes, words.message);
      notify(
        <>
          Proposed as <a href={href("proposals", [made.id])}>{made.id}</a>
        </>,
      );
      done({});
    });
  const failing = trouble ?? planned.error;
  const isStale = isStaleRefusal(plan, failing);
  return (
    <Dialog
      title={changes.length === 1 ? "Plan" : `Plan of ${amountOf(changes.length, "change")}`}
      close={close}
    >
      {mayPlan || (
        <p class="soft">Your token may not plan here. The server judges the change when it is saved.</p>
      )}
      {plan === undefined && mayPlan && planned.error === undefined && <Skeleton lines={8} />}
      {plan !== undefined && (
        <PlanShown
          answered={ANSWERED}
          plan={plan}
          sides={changes.map((one) => ({ before: one.before, after: afterOf(one) }))}
        />
      )}
      <ErrorBox
        error={named(failing, changes)}
        {...(planned.error === undefined ? {} : { again: planned.again })}
      />
      {isStale && merge !== undefined && (
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
        <label class="field">
          {demanded || verdict.needsMessage ? "Why (this namespace demands it)" : "Why (kept in the log)"}
          <input
            maxLength={1000}
            autofocus
            required={demanded || verdict.needsMessage}
            value={message}
            onInput={(event) => setMessage(event.currentTarget.value)}
          />
        </label>
        {verdict.overridable && mayForAll("override", changes) && (
          <OverrideField
            reason={reason}
            setReason={setReason}
            named={override}
            ask={() => setOverride(reason.trim() || undefined)}
          />
        )}
        <div class="actions-row">
          {saves && !verdict.reviewed && (
            <button type="submit" class="main" disabled={!verdict.open || busy || planned.loading}>
              {busy ? "Saving …" : saveWords}
            </button>
          )}
          {mayPlan && plan !== undefined && verdict.proposable && isProposable(changes) && (
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

function OverrideField({
  reason,
  setReason,
  named,
  ask,
}: {
  reason: string;
  setReason: (to: string) => void;
  named: string | undefined;
  ask: () => void;
}) {
  return (
    <div class="row">
      <label class="field grow">
        Why a policy may be broken (kept in the commit)
        <input maxLength={200} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <button type="button" disabled={reason.trim() === "" || reason.trim() === named} onClick={ask}>
        Plan with this override
      </button>
    </div>
  );
}

/** The causes by their documents, where there is more than one. */
function named(error: unknown, changes: readonly WantedChange[]): unknown {
  if (!(error instanceof LedgeError) || error.causes.length === 0) return error;
  const { code, message, status, requestId = "", causes } = error;
  return new LedgeError(code, message, {
    status,
    requestId,
    causes: causes.map((cause) => {
      const change = changes[Number(/^\/changes\/(\d+)/.exec(cause.pointer)?.[1])];
      const pointer =
        change === undefined || changes.length === 1 ? "" : `${change.namespace}/${shownName(change.key)}`;
      return { ...cause, pointer };
    }),
  });
}

interface Verdict {
  /** Whether it may be saved. */
  readonly open: boolean;
  readonly proposable: boolean;
  /** A second person has to approve it. */
  readonly reviewed: boolean;
  readonly needsMessage: boolean;
  readonly overridable: boolean;
  readonly why: string;
}

function verdictOf(
  plan: PlanAnswer | undefined,
  { message, demanded }: { message: string; demanded: boolean },
): Verdict {
  const codes = (plan?.refusals ?? []).map(({ code }): string => code);
  const others = codes.filter((code) => !ANSWERED.includes(code));
  const reviewed = codes.includes("approval_required");
  const needsMessage = codes.includes("message_required");
  const silent = (needsMessage || demanded) && message.trim() === "";
  const changesNothing =
    plan?.changes.every(({ result }) => result === "unchanged" || result === "checked") === true;
  return {
    open: others.length === 0 && !reviewed && !silent && !changesNothing,
    proposable: others.length === 0 && !silent && !changesNothing,
    reviewed,
    needsMessage,
    overridable:
      codes.includes("policy_violation") ||
      codes.includes("frozen") ||
      (plan?.warnings ?? []).some(({ code }) => code === "overridden"),
    why: changesNothing
      ? "Nothing would change."
      : reviewed && others.length === 0
        ? "A second person has to approve this."
        : silent
          ? "Say why first."
          : "",
  };
}

function isStaleRefusal(plan: PlanAnswer | undefined, error: unknown): boolean {
  return (
    (plan?.refusals ?? []).some(({ code }) => STALE.includes(code)) ||
    (error instanceof LedgeError && STALE.includes(error.code))
  );
}

/** About: the server says it exactly. */
function isProposable(changes: readonly WantedChange[]): boolean {
  return (
    changes.reduce((sum, one) => sum + (one.op === "put" ? one.bytes.length : 0), 0) < PROPOSAL_CHARS_MAX
  );
}

/** One key for what is sent again, and another as soon as it is another. */
function useSameId(of: string): string {
  const kept = useRef({ of: "", id: "" });
  if (kept.current.of !== of) kept.current = { of, id: crypto.randomUUID() };
  return kept.current.id;
}
