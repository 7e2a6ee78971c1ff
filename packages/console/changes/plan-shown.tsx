/** A plan to read: each change with its lines, what stands against it, what to look at twice, and who reads it. */
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { amountOf, bytesWords } from "../parts/amount.ts";
import { Patch, type PatchSide } from "../parts/patch.tsx";
import { shownName, shownText } from "../parts/shown-text.ts";

export interface PlanSides {
  readonly before: PatchSide | undefined;
  readonly after: PatchSide | undefined;
}

/** Of more changes only the first are shown with their lines open. */
const OPEN_MAX = 5;

interface Props {
  readonly plan: PlanAnswer;
  readonly sides: readonly (PlanSides | undefined)[];
  /** Refusals that are answered beside it, and not shown as ones. */
  readonly answered?: readonly string[];
}

export function PlanShown({ plan, sides, answered = [] }: Props) {
  return (
    <>
      <ul class="plain planned">
        {plan.changes.map((change, at) => (
          <li key={`${change.namespace}/${change.key}`}>
            <details open={at < OPEN_MAX && change.result !== "unchanged"}>
              <summary>
                <span
                  class={`tag ${change.result === "deleted" ? "bad" : change.result === "created" ? "good" : ""}`}
                >
                  {change.result}
                </span>{" "}
                <span class="soft">{change.namespace}/</span>
                {shownName(change.key)}{" "}
                <span class="soft small">
                  {bytesWords(change.sizeBefore)} → {bytesWords(change.sizeAfter)}
                </span>
              </summary>
              {sides[at] !== undefined && <Patch name={`${change.namespace}/${change.key}`} {...sides[at]} />}
            </details>
          </li>
        ))}
      </ul>
      <Refusals plan={plan} refusals={plan.refusals.filter(({ code }) => !answered.includes(code))} />
      {plan.warnings.length > 0 && (
        <section class="banner" aria-label="Warnings">
          <ul class="plain">
            {plan.warnings.map(({ code, detail, pointer }) => (
              <li key={`${pointer} ${code} ${detail}`}>
                {aboutOf(plan, pointer)}
                {shownText(detail)} <code class="tag warn">{code}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {plan.readers?.map(({ namespace, edges }) => (
        <p class="soft small" key={namespace}>
          {namespace} is read by {amountOf(edges, "edge")} that reported.
        </p>
      ))}
    </>
  );
}

const SHOWN = 50;

function Refusals({ plan, refusals }: { plan: PlanAnswer; refusals: PlanAnswer["refusals"] }) {
  if (refusals.length === 0) return null;
  return (
    <section class="failure" role="alert">
      <p>The server would refuse this:</p>
      <ul>
        {refusals.slice(0, SHOWN).map(({ code, detail, pointer }) => (
          <li key={`${pointer} ${code} ${detail}`}>
            {aboutOf(plan, pointer)}
            {shownText(detail)} <code class="tag">{code}</code>
          </li>
        ))}
        {refusals.length > SHOWN && <li>… and {refusals.length - SHOWN} more</li>}
      </ul>
    </section>
  );
}

/** The document of a cause, where there is more than one. */
function aboutOf(plan: PlanAnswer, pointer: string): string {
  const change = plan.changes[Number(/^\/changes\/(\d+)/.exec(pointer)?.[1])];
  return change === undefined || plan.changes.length < 2
    ? ""
    : `${change.namespace}/${shownName(change.key)}: `;
}
