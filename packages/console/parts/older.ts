/**
 * Further pages of a list whose first one is looked at anew with each move. Promise: a page is asked for once, however often
 * the button is pressed; one of another place is dropped; why none came is told.
 */
import { useRef, useState } from "preact/hooks";

export interface Older<Page> {
  readonly pages: readonly Page[];
  readonly error: unknown;
  /** Asks for the page at a cursor. `first`: what is to stay before it, when nothing was asked for yet. */
  readonly more: (cursor: string | undefined, first?: Page) => void;
}

export function useOlder<Page>(
  place: string,
  ask: (cursor: string | undefined) => Promise<Page>,
): Older<Page> {
  const [state, setState] = useState<{ place: string; pages: readonly Page[]; error?: unknown }>({
    place,
    pages: [],
  });
  const asked = useRef<string | undefined>(undefined);
  const mine = state.place === place ? state : { place, pages: [], error: undefined };
  const more: Older<Page>["more"] = (cursor, first) => {
    const name = `${place} ${cursor}`;
    if (asked.current === name) return;
    asked.current = name;
    const before = mine.pages.length > 0 || first === undefined ? mine.pages : [first];
    const set = (next: object) => {
      if (asked.current !== name) return;
      asked.current = undefined;
      setState({ place, pages: before, ...next });
    };
    ask(cursor).then(
      (page) => set({ pages: [...before, page] }),
      (error: unknown) => set({ error }),
    );
  };
  return { pages: mine.pages, error: mine.error, more };
}
