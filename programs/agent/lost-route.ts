/**
 * GET /v1/agent/lost: commits that this agent has and an origin that was restored to an older state has not. Without a lineage
 * it says which histories there are; with `lineage` and `after` it gives what was committed there, page by page.
 */
import { allowsWhole, type Grant } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { formatTime } from "../../lib/core/time.ts";
import { readChangesAfter } from "../../lib/store/replica/replica.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { GuestReply } from "../host/pool/protocol.ts";
import { jsonAnswer } from "./json-answer.ts";
import { strangeParameter } from "./strange-parameter.ts";

/** Of one page; a commit comes whole. */
const COMMITS_MAX = 200;

/** Needs `history` on the whole namespace: values that were replaced are among them. */
export function lostAnswer(agent: Agent, uri: string, grants: readonly Grant[]): GuestReply {
  const query = new URLSearchParams(uri.split("?", 2)[1] ?? "");
  const namespace = query.get("ns") ?? "";
  if (!allowsWhole(grants, "history", namespace))
    return refusalReply(
      refuse("forbidden", `This needs the verb history on all of ${namespace || "a namespace"}.`),
    );
  const lane = agent.lanes.get(namespace);
  if (lane === undefined)
    return refusalReply(refuse("namespace_not_found", `This agent does not follow ${namespace}.`));
  const strange = strangeParameter(uri, ["ns", "lineage", "after"]);
  if (strange !== undefined) return refusalReply(strange);
  const lineage = query.get("lineage");
  if (lineage === null) return jsonAnswer(200, { namespace, histories: historiesOf(lane) });
  const after = Number(query.get("after") ?? "");
  if (!Number.isSafeInteger(after) || after < 0)
    return refusalReply(refuse("bad_parameter", "after is a revision: the last that both histories have."));
  const commits = readFrom(lane, lineage, (db) => commitsIn(db, namespace, after));
  if (commits === undefined)
    return refusalReply(refuse("not_found", `This agent holds nothing of the history ${lineage}.`));
  const page = commits.slice(0, COMMITS_MAX);
  return jsonAnswer(200, { namespace, lineage, commits: page, more: commits.length > page.length });
}

function historiesOf(lane: Lane) {
  const place = lane.replica?.place;
  const current =
    place === undefined ? [] : [{ lineage: place.lineage, revision: place.revision, served: true }];
  return [...current, ...lane.lost.map(({ lineage, revision }) => ({ lineage, revision, served: false }))];
}

function readFrom<T>(lane: Lane, lineage: string, work: (db: Db) => T): T | undefined {
  if (lane.replica?.place.lineage === lineage) return lane.read(work);
  const lost = lane.lost.find((one) => one.lineage === lineage);
  if (lost === undefined) return undefined;
  const db = openNodeDb(lost.file, { wal: true, mustExist: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

interface LostCommit {
  readonly revision: number;
  readonly id: string;
  readonly time: string;
  readonly actor: string;
  readonly message?: string;
  readonly changes: object[];
}

function commitsIn(db: Db, namespace: string, after: number): LostCommit[] {
  const commits = new Map<number, LostCommit>();
  for (const one of readChangesAfter(db, namespace, after)) {
    const { revision, id, timeMs, actor, message, key, op, mediaType, value } = one;
    const said = message === null ? {} : { message };
    const commit = commits.get(revision) ?? {
      revision,
      id,
      time: formatTime(timeMs),
      actor,
      ...said,
      changes: [],
    };
    commits.set(revision, commit);
    const put = op === "put" && value !== null;
    commit.changes.push(
      put ? { op, key, mediaType, base64: Buffer.from(value).toString("base64") } : { op: "delete", key },
    );
  }
  return [...commits.values()];
}
