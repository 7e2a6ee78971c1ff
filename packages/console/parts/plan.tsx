/** What a change would do, as the server says it before anything is done: the same facts as `ledge plan`. */
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { amountOf, bytesWords } from "./amount.ts";
import { shownName, shownText } from "./shown-text.ts";

const SIGNS = { created: "+", changed: "~", deleted: "−", unchanged: "=", checked: "✓" } as const;
const SHOWN = 200;

export function Plan({ plan }: { plan: PlanAnswer }) {
  const { changes, refusals, warnings, readers } = plan;
  return (
    <div class="plan">
      <p>
        {summaryOf(plan)}
        {readers?.map(({ namespace, edges }) => (
          <span class="soft" key={namespace}>
            {" "}
            {amountOf(edges, "edge reads", "edges read")} {namespace}.
          </span>
        ))}
      </p>
      <ul class="plain changes">
        {changes.slice(0, SHOWN).map((one) => (
          <li key={`${one.namespace}/${one.key}`} class={`is-${one.result}`}>
            <span class="sign" aria-hidden="true">
              {SIGNS[one.result]}
            </span>{" "}
            <span class="soft">{one.namespace}/</span>
            {shownName(one.key)}{" "}
            <span class="soft small">
              {one.result}
              {sizeWords(one)}
            </span>
          </li>
        ))}
        {changes.length > SHOWN && <li class="soft">… and {changes.length - SHOWN} more</li>}
      </ul>
      {warnings.map(({ code, detail, pointer }) => (
        <p class="banner" key={`${code} ${pointer}`}>
          {shownText(detail)} <code class="tag">{code}</code>
        </p>
      ))}
      {refusals.length > 0 && (
        <div class="failure" role="alert">
          <p>The server would refuse it:</p>
          <ul>
            {refusals.slice(0, SHOWN).map(({ code, detail, pointer, key }) => (
              <li key={`${code} ${pointer} ${key ?? ""} ${detail}`}>
                {key && <strong>{shownName(key)}: </strong>}
                {shownText(detail)} <code class="tag">{code}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function summaryOf({ changes }: PlanAnswer): string {
  const words = (["created", "changed", "deleted"] as const).flatMap((result) => {
    const count = changes.filter((one) => one.result === result).length;
    return count === 0 ? [] : [`${amountOf(count, "document")} ${result}`];
  });
  return words.length === 0 ? "Nothing would change." : `${words.join(", ")}.`;
}

function sizeWords({ result, sizeBefore, sizeAfter }: PlanAnswer["changes"][number]): string {
  if (result === "changed") return `, ${bytesWords(sizeBefore)} → ${bytesWords(sizeAfter)}`;
  if (result === "created") return `, ${bytesWords(sizeAfter)}`;
  return result === "deleted" ? `, ${bytesWords(sizeBefore)} go` : "";
}
