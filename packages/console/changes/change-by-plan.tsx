/**
 * A change in two steps: the server's plan, and then, by a second press, the change that is bound to exactly that plan.
 * What is asked for besides (a message, a reason to break a policy) is asked for here.
 */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { post, send } from "../app/server.ts";
import { may } from "../app/session.ts";
import { amountOf } from "../parts/amount.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorBox } from "../parts/failure.tsx";
import { FormActions, MessageField } from "../parts/form.tsx";
import { useLoad } from "../parts/load.ts";
import { Skeleton } from "../parts/skeleton.tsx";
import { PlanShown } from "./plan-shown.tsx";

interface Props<Answer> {
  readonly title: string;
  /** What is sent to POST /v1/plan, and with the plan's digest to `path`. */
  readonly body: object;
  readonly path: "/v1/commit" | "/v1/revert";
  /** Of the button that does it. */
  readonly action: string;
  readonly message?: string;
  readonly close: () => void;
  readonly done: (answer: Answer) => void;
  readonly children?: ComponentChildren;
}

/** Refusals that a reason overcomes, for who holds `override`. */
const OVERRIDABLE = ["policy_violation", "override_required", "frozen"];

export function ChangeByPlan<Answer>({
  title,
  body,
  path,
  action,
  message: first = "",
  close,
  done,
  children,
}: Props<Answer>) {
  const [message, setMessage] = useState(first);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const asked = { ...body, ...(reason === "" ? {} : { override: { reason } }) };
  const text = JSON.stringify(asked);
  // A reason is written letter by letter; it is planned with once it is whole.
  const [planned, setPlanned] = useState(text);
  const plan = useLoad(() => post<PlanAnswer>("/v1/plan", JSON.parse(planned)), [planned], "plan");
  const stands = planned === text ? plan.content : undefined;
  const barred = (plan.content?.refusals ?? []).filter(({ code }) => OVERRIDABLE.includes(code));
  const overrides = barred.length > 0 || reason !== "" ? mayOverride(plan.content) : false;
  const act = async (event: Event) => {
    event.preventDefault();
    if (planned !== text) return setPlanned(text);
    setBusy(true);
    try {
      const about = message === "" ? {} : { message };
      const json = { ...asked, ...about, planDigest: stands?.planDigest };
      done(await send<Answer>("POST", path, { json }));
    } catch (cause) {
      setError(cause);
      plan.again();
    }
    setBusy(false);
  };
  const nothing = stands?.ok === true && !stands.changes.some(({ result }) => result !== "unchanged");
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={act}>
        {children}
        {plan.content === undefined ? (
          plan.error === undefined && <Skeleton lines={4} />
        ) : (
          <>
            <p>{summaryOf(plan.content)}</p>
            <PlanShown plan={plan.content} sides={[]} />
          </>
        )}
        <ErrorBox error={plan.error ?? error} />
        {overrides && (
          <label class="field">
            Why the rule may be broken here (kept with the commit)
            <input
              value={reason}
              maxLength={200}
              onInput={(event) => setReason(event.currentTarget.value.trimStart())}
            />
          </label>
        )}
        <MessageField value={message} set={setMessage} />
        <FormActions
          action={planned === text ? action : "Plan with that reason"}
          disabled={busy || nothing || (planned === text && (stands === undefined || !stands.ok))}
          close={close}
        />
      </form>
    </Dialog>
  );
}

function mayOverride(plan: PlanAnswer | undefined): boolean {
  return (plan?.changes ?? []).every(({ namespace, key }) => may("override", namespace, key));
}

function summaryOf({ changes }: PlanAnswer): string {
  const words = (["created", "changed", "deleted"] as const).flatMap((result) => {
    const count = changes.filter((one) => one.result === result).length;
    return count === 0 ? [] : [`${amountOf(count, "document")} ${result}`];
  });
  return words.length === 0 ? "Nothing would change." : `${words.join(", ")}.`;
}
