/** What is wrong, each with its line; choosing one goes there. */
import type { Fault } from "../../editor/faults.ts";
import { shownText } from "../../parts/shown-text.ts";

const SHOWN = 50;

export function FaultsList({
  faults,
  text,
  goTo,
}: {
  faults: readonly Fault[];
  text: string;
  goTo: (at: number) => void;
}) {
  return (
    <section class="faults" aria-label="Faults">
      <p class="soft small" role="status">
        {faults.length === 0
          ? "No faults known."
          : `${faults.length === 1 ? "1 fault" : `${faults.length} faults`}; F8 goes to the next.`}
      </p>
      <ul class="plain">
        {faults.slice(0, SHOWN).map((one, at) => (
          <li key={`${at} ${one.message}`}>
            {one.from === undefined ? (
              <span class="fault-words">{shownText(one.message)}</span>
            ) : (
              <button type="button" class="quiet fault-words" onClick={() => goTo(one.from ?? 0)}>
                line {lineOf(text, one.from)}: {shownText(one.message)}
              </button>
            )}
            {one.code && <code class="tag">{one.code}</code>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let from = text.indexOf("\n"); from >= 0 && from < at; from = text.indexOf("\n", from + 1)) line += 1;
  return line;
}
