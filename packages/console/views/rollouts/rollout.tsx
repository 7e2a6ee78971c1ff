/** One channel: its rollout step by step as the edges report it, and what can be done with it. */
import { useState } from "preact/hooks";
import type { Channel, Rollout } from "../../../../lib/api/rollout-bodies.ts";
import { LedgeError } from "../../../client/errors.ts";
import { href } from "../../app/router.ts";
import { part, read } from "../../app/server.ts";
import { may } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { formatSeconds } from "../../parts/amount.ts";
import { Bar } from "../../parts/bar.tsx";
import { useBeat } from "../../parts/beat.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { StartRollout } from "./start.tsx";
import { RolloutWord } from "./state.tsx";
import { Steer } from "./steer.tsx";

const LOOK_S = 2;

export interface ChannelProps {
  readonly namespace: string;
  readonly channel: string;
}

export function RolloutPage({ namespace, channel }: ChannelProps) {
  const beat = useBeat(LOOK_S);
  const [starting, setStarting] = useState(false);
  const { content, error, again } = useLoad(
    (signal) => readBoth({ namespace, channel }, signal),
    [moves.value, beat],
    `${namespace}/${channel}`,
  );
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton />;
  const { pointer, rollout } = content;
  const goesOn = rollout !== undefined && !["done", "aborted"].includes(rollout.state);
  return (
    <article>
      <header>
        <h1>
          {namespace}/{channel}
        </h1>
        <p class="facts small">
          <span>points at revision {pointer.revision}</span>
          <Moment at={pointer.modified} />
          <a href={href("compare", [], { ns: namespace, from: pointer.revision })}>
            what has changed since then
          </a>
        </p>
        <div class="actions-row">
          {rollout !== undefined && <Steer rollout={rollout} done={again} />}
          {!goesOn && may("rollout", namespace) && (
            <button type="button" class="main" onClick={() => setStarting(true)}>
              Start a rollout …
            </button>
          )}
        </div>
      </header>
      {rollout === undefined ? (
        <p class="soft">No rollout has moved this channel.</p>
      ) : (
        <section class="part">
          <h2>
            Rollout <RolloutWord rollout={rollout} />
          </h2>
          {rollout.reason && (
            <p class={rollout.state === "failed" ? "banner" : "soft"}>{shownText(rollout.reason)}</p>
          )}
          <Steps rollout={rollout} />
          <p class="soft small">
            Began <Moment at={rollout.started} />
            {rollout.startedBy && `, by ${shownName(rollout.startedBy.byName)}`}. A failure{" "}
            {rollout.onFailure === "back" ? "takes every edge back" : "stops it where it is"}.{" "}
            <a href={href("compare", [], { ns: namespace, from: rollout.from, to: rollout.to })}>
              what it carries
            </a>
          </p>
        </section>
      )}
      {starting && (
        <StartRollout
          pointer={pointer}
          rollout={rollout}
          close={() => setStarting(false)}
          done={() => {
            setStarting(false);
            again();
          }}
        />
      )}
    </article>
  );
}

function Steps({ rollout }: { rollout: Rollout }) {
  const { steps, step, state, progress } = rollout;
  return (
    <ol class="rings">
      {steps.map((one, at) => {
        const passed = at < step || state === "done";
        const current = at === step && state !== "done";
        return (
          <li
            key={at}
            class={passed ? "passed" : current ? "current" : ""}
            aria-current={current ? "step" : undefined}
          >
            <strong>
              {one.percent === undefined
                ? Object.entries(one.labels ?? {})
                    .map(([name, value]) => `${name}=${value}`)
                    .join(", ")
                : `${one.percent} % of all edges`}
            </strong>
            <span class="soft small">bakes {formatSeconds(one.bakeSeconds)}</span>
            {current && progress && (
              <>
                <Bar
                  part={progress.reported}
                  whole={progress.edges}
                  bad={progress.refusing + progress.silent}
                  label="Edges at the new revision"
                />
                <span class="small">
                  {progress.reported} of {progress.edges} edges report it
                  {progress.refusing > 0 && `, ${progress.refusing} refuse it`}
                  {progress.silent > 0 && `, ${progress.silent} silent`}
                  {progress.errorRate !== null && `, errors ${(100 * progress.errorRate).toFixed(1)} %`}.{" "}
                  {progress.next}
                </span>
              </>
            )}
          </li>
        );
      })}
    </ol>
  );
}

async function readBoth({ namespace, channel }: ChannelProps, signal: AbortSignal) {
  const place = `${part(namespace)}/${part(channel)}`;
  const [pointer, rollout] = await Promise.all([
    read<Channel>(`/v1/admin/channels/${place}`, {}, signal),
    read<Rollout>(`/v1/admin/rollouts/${place}`, {}, signal).catch((error: unknown) => {
      if (error instanceof LedgeError && error.status === 404) return undefined;
      throw error;
    }),
  ]);
  return { pointer, rollout };
}
