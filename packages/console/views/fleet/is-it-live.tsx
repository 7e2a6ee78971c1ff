/** "Is it live?": a revision, and how many edges have it, until all do. */
import { useEffect, useState } from "preact/hooks";
import type { Fleet } from "../../../../lib/api/rollout-bodies.ts";
import { later } from "../../../client/later.ts";
import { server } from "../../app/server.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { shownName } from "../../parts/shown-text.ts";

const WAIT_S = 20;
/** Before it is asked again after it failed. */
const PAUSE_MS = 3000;

interface Props {
  readonly namespace: string | undefined;
  /** The newest revision that an edge is to read now: what is asked for at first. */
  readonly wanted: number;
}

export function IsItLive({ namespace, wanted }: Props) {
  const [written, setWritten] = useState<string | undefined>(undefined);
  const [fleet, setFleet] = useState<{ place: string; answer: Fleet } | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const asked = Number(written ?? wanted);
  const place = `${namespace}@${asked}`;
  useEffect(() => {
    if (!Number.isInteger(asked) || asked < 1) return;
    const leave = new AbortController();
    const follow = async () => {
      const { signal } = leave;
      const query = { ns: namespace, revision: asked, limit: 1 };
      for (let waitSeconds = 0; !signal.aborted; waitSeconds = WAIT_S) {
        try {
          const path = "/v1/admin/fleet";
          const answer = await server.json<Fleet>({ method: "GET", path, query, waitSeconds, signal });
          if (signal.aborted) return;
          setError(undefined);
          setFleet({ place, answer });
          if (answer.reached) return;
        } catch (cause) {
          if (signal.aborted) return;
          setError(cause);
          await later(PAUSE_MS, signal);
        }
      }
    };
    // Only a wait that was left ends so.
    follow().catch(() => undefined);
    return () => leave.abort();
  }, [asked, namespace]);
  const shown = fleet?.place === place ? fleet.answer : undefined;
  const waiting = shown?.waiting ?? [];
  return (
    <section class="part live" aria-live="polite">
      <label>
        Is revision{" "}
        <input
          type="number"
          min={1}
          class="short"
          value={written ?? String(wanted)}
          onInput={(event) => setWritten(event.currentTarget.value)}
        />{" "}
        live?
      </label>{" "}
      {shown === undefined ? (
        <span class="soft">…</span>
      ) : shown.reached ? (
        <strong class="yes">Yes: every edge that is not silent serves it.</strong>
      ) : (
        <span>
          Not yet at{" "}
          {waiting
            .slice(0, 8)
            .map(({ edge, revision }) => `${shownName(edge)} (${revision})`)
            .join(", ")}
          {waiting.length > 8 && ` and ${waiting.length - 8} more`}
        </span>
      )}
      <ErrorBox error={error} />
    </section>
  );
}
