/** Work that a person begins: one at a time is shown as going on, and what it throws is shown. */
import { useState } from "preact/hooks";

export interface Attempts {
  readonly busy: boolean;
  /** Of the last one; undefined while there is none. */
  readonly error: unknown;
  /** Never rejects. */
  attempt(work: () => Promise<void>): Promise<void>;
}

/** `failed` is told what was thrown, too. */
export function useAttempt(failed?: (error: unknown) => void): Attempts {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (cause) {
      setError(cause);
      failed?.(cause);
    }
    setBusy(false);
  };
  return { busy, error, attempt };
}
