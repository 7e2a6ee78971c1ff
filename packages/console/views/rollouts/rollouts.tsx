/** Channels, where each points, and the rollout that moves it. */
import type { Channel, ChannelsPage, Rollout, RolloutsPage } from "../../../../lib/api/rollout-bodies.ts";
import { href, route } from "../../app/router.ts";
import { moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { useBeat } from "../../parts/beat.ts";
import { Command } from "../../parts/copy.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { RolloutPage } from "./rollout.tsx";
import { RolloutWord } from "./state.tsx";

/** While edges report: seconds between two looks. */
const LOOK_S = 5;

export function Rollouts() {
  const [namespace, channel] = route.value.parts;
  return namespace !== undefined && channel !== undefined ? (
    <RolloutPage key={`${namespace}/${channel}`} namespace={namespace} channel={channel} />
  ) : (
    <Channels />
  );
}

function Channels() {
  const beat = useBeat(LOOK_S);
  const { content, error, again } = useLoad(readAll, [moves.value, beat], "channels");
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton />;
  return (
    <section>
      <h1>Channels and rollouts</h1>
      {content.length === 0 ? (
        <>
          <p class="soft">
            A channel is a named pointer to a revision of a namespace. Edges that follow one get that state,
            whatever is written meanwhile; a rollout moves it step by step. There is none yet.
          </p>
          <Command text="ledge channel set shop-prod/stable --to head" />
        </>
      ) : (
        <DataTable heads={["Channel", { number: "Points at" }, "Rollout", "Moved"]}>
          {content.map(({ channel, rollout }) => (
            <tr key={`${channel.namespace}/${channel.channel}`}>
              <td>
                <a href={href("rollouts", [channel.namespace, channel.channel])}>
                  {channel.namespace}/{channel.channel}
                </a>
                {channel.description && <div class="soft small">{shownText(channel.description)}</div>}
              </td>
              <td class="number">{channel.revision}</td>
              <td>
                <RolloutWord rollout={rollout} />
              </td>
              <td>
                <Moment at={channel.modified} />
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </section>
  );
}

async function readAll(signal: AbortSignal): Promise<{ channel: Channel; rollout: Rollout | undefined }[]> {
  const [channels, rollouts] = await Promise.all([
    pages<ChannelsPage>("/v1/admin/channels", { limit: 1000 }, signal),
    pages<RolloutsPage>("/v1/admin/rollouts", { limit: 1000 }, signal),
  ]);
  const all = rollouts.flatMap((page) => page.rollouts);
  return channels
    .flatMap((page) => page.channels)
    .map((channel) => ({
      channel,
      rollout: all.find((one) => one.namespace === channel.namespace && one.channel === channel.channel),
    }));
}
