/** Where this state of the document has arrived: channels that point at it or beyond, and edges that serve it. */
import type { Fleet } from "../../../../lib/api/rollout-bodies.ts";
import { href } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { mayAll } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { readSystem } from "../../app/store.ts";
import { useLoad } from "../../parts/load.ts";

const EDGES_ASKED = 1000;

export function LiveWhere({ namespace, revision }: { namespace: string; revision: number }) {
  const channels = useLoad(
    (signal) => readSystem(`channel/${namespace}/`, signal).catch(() => []),
    [namespace, moves.value],
    namespace,
  );
  const fleet = useLoad(
    async (signal) =>
      mayAll("status") || mayAll("admin")
        ? read<Fleet>("/v1/admin/fleet", { ns: namespace, limit: EDGES_ASKED }, signal).catch(() => undefined)
        : undefined,
    [namespace, moves.value],
    namespace,
  );
  const pointing = (channels.content ?? []).map(({ key, value }) => ({
    name: key.split("/").at(-1) ?? "",
    revision: pointed(value),
  }));
  const replicas = fleet.content?.replicas ?? [];
  if (pointing.length === 0 && replicas.length === 0) return null;
  const there = replicas.filter((one) => one.revision >= revision && one.standing !== "foreign");
  return (
    <section class="part">
      <h2>Where it is live</h2>
      <ul class="plain">
        {pointing.map((one) => (
          <li key={one.name}>
            <span class={one.revision >= revision ? "dot good" : "dot"} /> channel <strong>{one.name}</strong>{" "}
            {one.revision >= revision
              ? `has it (at revision ${one.revision})`
              : `is still at revision ${one.revision}, before it`}
          </li>
        ))}
        {replicas.length > 0 && (
          <li>
            <span class={there.length === replicas.length ? "dot good" : "dot"} />{" "}
            <a href={href("fleet", [], { ns: namespace })}>
              {there.length} of {replicas.length} edges
            </a>{" "}
            {there.length === replicas.length ? "serve it" : "serve it so far"}
          </li>
        )}
      </ul>
    </section>
  );
}

function pointed(value: unknown): number {
  return typeof value === "object" && value !== null && "revision" in value ? Number(value.revision) : 0;
}
