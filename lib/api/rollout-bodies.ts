/** The bodies of channels, edges, rollouts and beacons, and what is answered about them. */
import * as z from "zod/mini";
import { BEACONS_MAX, SOURCES } from "../core/rollout/beacon.ts";
import {
  BAKE_SECONDS_MAX,
  CHANNEL_PATTERN,
  EDGE_PATTERN,
  LABEL_PATTERN,
  LABELS_MAX,
  ROLLOUT_STATES,
  STEPS_MAX,
} from "../core/rollout/documents.ts";
import { count, etag, lineage, list, moment, revision, sha256, text } from "./shapes.ts";
import { line, words } from "./words.ts";

export const channelName = z.string().check(z.regex(new RegExp(CHANNEL_PATTERN)));
export const edgeName = z.string().check(z.regex(new RegExp(EDGE_PATTERN)));
const label = z.string().check(z.regex(new RegExp(LABEL_PATTERN)));
/** Its reader would drop a member `__proto__` in silence. */
const labels = z.pipe(
  z.unknown().check(
    z.refine(
      (given) => typeof given !== "object" || given === null || Object.keys(given).length <= LABELS_MAX,
      {
        error: `at most ${LABELS_MAX} labels`,
        abort: true,
      },
    ),
    z.refine((given) => typeof given !== "object" || given === null || !Object.hasOwn(given, "__proto__"), {
      error: "a label begins with a letter or a digit",
    }),
  ),
  z.record(label, label),
);
const share = z.number().check(z.minimum(0), z.maximum(1));
const namespace = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/));

export const ChannelBody = z.strictObject({ revision, description: z.optional(words(1000)) });
export type ChannelBody = z.infer<typeof ChannelBody>;

export const Channel = z.object({
  namespace,
  channel: channelName,
  /** Where it points. */
  revision,
  description: z.optional(z.string()),
  /** The commit that pointed it there. */
  pointer: revision,
  etag,
  modified: moment,
});
export type Channel = z.infer<typeof Channel>;
export const ChannelsPage = z.object({ channels: z.array(Channel), next: z.optional(z.string()) });
export type ChannelsPage = z.infer<typeof ChannelsPage>;

export const EdgeBody = z.strictObject({ labels, description: z.optional(words(1000)) });
export type EdgeBody = z.infer<typeof EdgeBody>;

export const Edge = z.object({
  edge: edgeName,
  labels: z.record(z.string(), z.string()),
  description: z.optional(z.string()),
  revision,
  etag,
  modified: moment,
});
export type Edge = z.infer<typeof Edge>;
export const EdgesPage = z.object({ edges: z.array(Edge), next: z.optional(z.string()) });
export type EdgesPage = z.infer<typeof EdgesPage>;

const seconds = z.int().check(z.minimum(0), z.maximum(BAKE_SECONDS_MAX, "at most 30 days"));

export const StepBody = z
  .strictObject({
    labels: z.optional(labels),
    percent: z.optional(z.int().check(z.minimum(1), z.maximum(100))),
    bakeSeconds: seconds,
    /** It begins once a second person has approved it. */
    review: z.optional(z.boolean()),
  })
  .check(
    z.refine((step) => (step.labels === undefined) !== (step.percent === undefined), {
      error: "a step has labels or a percent, one of the two",
    }),
    z.refine((step) => step.labels === undefined || Object.keys(step.labels).length > 0, {
      error: "a ring has at least one label",
    }),
  );

const health = {
  minShare: share,
  maxRefusals: count,
  maxErrorRate: share,
  maxSilenceSeconds: z.int().check(z.minimum(1), z.maximum(BAKE_SECONDS_MAX)),
  minEdges: count,
};
/** Of the edges of a step. What is shown of a rollout of before has none. */
const healthShares = { maxFailing: z.optional(share), maxSilent: z.optional(share) };

/** What is not said has a default. */
export const HealthBody = z.strictObject({
  minShare: z.optional(health.minShare),
  maxRefusals: z.optional(health.maxRefusals),
  maxErrorRate: z.optional(health.maxErrorRate),
  maxSilenceSeconds: z.optional(health.maxSilenceSeconds),
  minEdges: z.optional(health.minEdges),
  ...healthShares,
});

export const RolloutBody = z.strictObject({
  /** Where the channel is to be now; without it, wherever it is. */
  from: z.optional(revision),
  to: revision,
  steps: list(StepBody, { min: 1, max: STEPS_MAX }),
  health: z.optional(HealthBody),
  onFailure: z.optional(z.enum(["stop", "back"])),
  /** It waits for a second person before its first step. */
  review: z.optional(z.boolean()),
});
export type RolloutBody = z.infer<typeof RolloutBody>;

/** The rollout that was looked at, by the commit that last moved it: its target and its steps are approved, and no others. */
export const ApproveRolloutBody = z.strictObject({ revision });
export type ApproveRolloutBody = z.infer<typeof ApproveRolloutBody>;

/** How the edges are that the steps so far give the new revision. */
export const RolloutProgress = z.object({
  edges: count,
  /** Report the new revision. */
  reported: count,
  refusing: count,
  /** Were heard since the rollout began, and are not any more. */
  silent: count,
  /** Report a higher error rate than may be. */
  failing: count,
  /** The mean of those that say one. */
  errorRate: z.nullable(z.number()),
  /** What the next tick would do, in words. */
  next: z.string(),
});

const person = { by: z.string(), byName: z.string() };

export const Rollout = z.object({
  namespace,
  channel: channelName,
  from: revision,
  to: revision,
  steps: z.array(
    z.object({
      labels: z.optional(z.record(z.string(), z.string())),
      percent: z.optional(count),
      bakeSeconds: count,
      review: z.optional(z.boolean()),
    }),
  ),
  /** -1: nobody is given the new revision, or nobody yet. */
  step: z.int(),
  state: z.enum(ROLLOUT_STATES),
  since: moment,
  started: moment,
  /** After a failure: what edges told of before it does not stop it again. */
  resumed: z.optional(moment),
  health: z.object({ ...health, ...healthShares }),
  onFailure: z.enum(["stop", "back"]),
  reason: z.string(),
  /** Where a step waits for a second person: who began it, by an accessor and the token's name. */
  startedBy: z.optional(z.object(person)),
  /** Who approved the last such step, when the rollout was that of `revision`. */
  approved: z.optional(z.object({ ...person, revision })),
  /** The commit that last moved it. */
  revision,
  etag,
  modified: moment,
  /** While it goes on. */
  progress: z.optional(RolloutProgress),
});
export type Rollout = z.infer<typeof Rollout>;
export const RolloutsPage = z.object({ rollouts: z.array(Rollout), next: z.optional(z.string()) });
export type RolloutsPage = z.infer<typeof RolloutsPage>;

const RefusedAtEdge = z.strictObject({
  code: z.string().check(z.regex(/^[a-z_]{1,64}$/)),
  revision: count,
  detail: z.optional(text(500)),
});

const SeenNamespace = z.strictObject({
  namespace,
  lineage,
  /** The revision that it serves; 0 before the first. */
  revision: count,
  channel: z.optional(channelName),
  /** The newest revision among the documents that its channel led it by. */
  pointer: z.optional(count),
  lagSeconds: z.optional(count),
  source: z.enum(SOURCES),
  digest: z.optional(sha256),
  errorRate: z.optional(share),
  refusal: z.optional(RefusedAtEdge),
});

const BeaconBody = z.strictObject({
  edge: edgeName,
  version: line(100),
  /** The relay that passed it on. */
  through: z.optional(edgeName),
  /** How old it is when it is passed on. */
  ageSeconds: z.optional(count),
  /** None yet of an edge that has only begun. */
  namespaces: list(SeenNamespace, { max: 1000 }),
});

export const BeaconsBody = z.strictObject({ beacons: list(BeaconBody, { min: 1, max: BEACONS_MAX }) });
export type BeaconsBody = z.infer<typeof BeaconsBody>;

export const BeaconsAnswer = z.object({ taken: count });

/** One namespace at one edge, as it was last heard. */
export const Replica = z.object({
  edge: edgeName,
  namespace,
  version: z.string(),
  through: z.optional(z.string()),
  lineage,
  revision: count,
  channel: z.optional(z.string()),
  pointer: z.optional(count),
  source: z.enum(SOURCES),
  digest: z.optional(z.string()),
  lagSeconds: z.optional(count),
  errorRate: z.optional(z.number()),
  refusal: z.optional(z.object({ code: z.string(), revision: count, detail: z.optional(z.string()) })),
  /** When it was last heard. */
  heard: moment,
  /** Not heard for five minutes: since when. */
  silentSince: z.optional(moment),
  /** `ahead`: of this store; `lost`: at a revision that a restore left behind; `foreign`: of another history. */
  standing: z.enum(["current", "behind", "ahead", "lost", "foreign"]),
  /** The revision that it is to read now; absent where its channel is not there. */
  wanted: z.optional(count),
  /** Commits that it lacks, counted up to 10,000. */
  behindRevisions: count,
  /** How long ago the oldest of them was made. */
  behindSeconds: count,
});
export type Replica = z.infer<typeof Replica>;

export const Fleet = z.object({
  head: count,
  /** Of all, whatever the page shows. */
  summary: z.object({
    edges: count,
    replicas: count,
    silent: count,
    behind: count,
    refusing: count,
    ahead: count,
    lost: count,
    foreign: count,
  }),
  /** Where `revision` was asked for: whether all that are not silent are there, and who is not, the first hundred. */
  reached: z.optional(z.boolean()),
  waiting: z.optional(
    z.array(
      z.object({
        edge: edgeName,
        namespace,
        revision: count,
        /** What it follows in the place of the newest state: it comes to the revision when that does. */
        channel: z.optional(channelName),
      }),
    ),
  ),
  replicas: z.array(Replica),
  next: z.optional(z.string()),
});
export type Fleet = z.infer<typeof Fleet>;
