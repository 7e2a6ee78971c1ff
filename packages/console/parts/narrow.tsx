/** A list that may be long: a field that narrows it, and no more of it than a page bears. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "./amount.ts";

const SHOWN = 300;
/** Fewer are seen at a glance. */
const FIELD_FROM = 10;

/** What of it is shown, and the field to put above it. */
export function useNarrow<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
): { readonly shown: readonly Item[]; readonly field: ComponentChildren } {
  const [text, setText] = useState("");
  const part = text.trim().toLowerCase();
  const fit = part === "" ? items : items.filter((one) => textOf(one).toLowerCase().includes(part));
  const field = items.length >= FIELD_FROM && (
    <label class="field narrow">
      Those with this in their names
      <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <span class="soft small" role="status">
        {formatCount(fit.length)} of {formatCount(items.length)}
        {fit.length > SHOWN && `, the first ${SHOWN} are shown`}
      </span>
    </label>
  );
  return { shown: fit.slice(0, SHOWN), field };
}
