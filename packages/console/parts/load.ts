/** What a view has asked for: the answer, or why there is none. What was there before stays until the next one is. */
import { useEffect, useState } from "preact/hooks";
import { noteSignedOut } from "../app/session.ts";

export interface Loaded<Content> {
  readonly content: Content | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** Asks anew. */
  readonly again: () => void;
}

/** Asks when one of `on` changes. `keep`: of the same thing, so that what was shown stays meanwhile. */
export function useLoad<Content>(
  ask: (signal: AbortSignal) => Promise<Content>,
  on: readonly unknown[],
  keep = "",
): Loaded<Content> {
  const [state, setState] = useState<{ keep: string; content?: Content; error?: unknown; loading: boolean }>({
    keep,
    loading: true,
  });
  const [nth, setNth] = useState(0);
  useEffect(() => {
    const leave = new AbortController();
    setState((before) => (before.keep === keep ? { ...before, loading: true } : { keep, loading: true }));
    ask(leave.signal).then(
      (content) => leave.signal.aborted || setState({ keep, content, loading: false }),
      (error: unknown) => {
        if (leave.signal.aborted) return;
        noteSignedOut(error);
        setState({ keep, error, loading: false });
      },
    );
    return () => leave.abort();
  }, [...on, nth, keep]);
  const mine = state.keep === keep;
  return {
    content: mine ? state.content : undefined,
    error: mine ? state.error : undefined,
    loading: !mine || state.loading,
    again: () => setNth((before) => before + 1),
  };
}
