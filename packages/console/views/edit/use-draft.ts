/** Keeps what is written as a draft, a moment after each change and when the page is left. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Draft, dropDraft, keepDraft } from "../../changes/drafts.ts";

const PAUSE_MS = 300;

/** `draft` is undefined where nothing differs from what stands there: then none is kept. */
export function useDraft(
  name: { namespace: string; key: string },
  draft: Draft | undefined,
): { readonly kept: boolean; readonly end: () => void } {
  const [kept, setKept] = useState(true);
  const current = useRef({ draft, over: false, pending: false });
  current.current.draft = draft;
  const keep = () => {
    const { draft: now, over, pending } = current.current;
    if (over || !pending) return;
    current.current.pending = false;
    if (now === undefined) dropDraft(name);
    setKept(now === undefined || keepDraft(now));
  };
  const first = useRef(true);
  useEffect(() => {
    // What it began with is there already.
    if (first.current) {
      first.current = false;
      return;
    }
    current.current.pending = true;
    const timer = setTimeout(keep, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft?.text, draft?.mediaType, draft?.base, draft === undefined]);
  useEffect(() => {
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, []);
  return {
    kept,
    end() {
      current.current.over = true;
      dropDraft(name);
    },
  };
}
