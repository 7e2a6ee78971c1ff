/**
 * The documents of `_system` that say which revision an edge reads: `channel/<namespace>/<name>`,
 * `rollout/<namespace>/<channel>` and `edge/<name>`. Their shapes, and where they lie.
 */
import { hasOnly, isObject, parseObject } from "../json-object.ts";
import { isNamespaceName } from "../namespace.ts";
import type { Person } from "../review/document.ts";
import { parseTime } from "../time.ts";

/** A named pointer to a revision of a namespace. */
export interface ChannelDocument {
  readonly revision: number;
  readonly description?: string | undefined;
}

export type Labels = Readonly<Record<string, string>>;

/** What people say of an edge; what it says of itself decides nothing. */
export interface EdgeDocument {
  readonly labels: Labels;
  readonly description?: string | undefined;
}

/** Edges with all of these labels, or a share of all edges; each edge of a step gets the new revision. */
export interface RolloutStep {
  readonly labels?: Labels | undefined;
  /** From 1 to 100. */
  readonly percent?: number | undefined;
  /** How long the step has to hold before the next one begins. */
  readonly bakeSeconds: number;
  /** A second person has to approve that it begins. */
  readonly review?: boolean | undefined;
}

/** What a step's edges must show. */
export interface RolloutHealth {
  /** Of the step's edges, the least share that reports the new revision when the bake is over: 0 to 1. */
  readonly minShare: number;
  /** Edges that may refuse the new revision. */
  readonly maxRefusals: number;
  /** The mean of the error rates that the edges report: 0 to 1. */
  readonly maxErrorRate: number;
  /**
   * Of the edges of a step, the share that may report a higher rate than that: few of many do not show in a mean. A document
   * without it was begun when there was none, and is judged by the mean alone.
   */
  readonly maxFailing?: number | undefined;
  /** An edge that was heard since the rollout began, and then not for so long, has fallen silent. */
  readonly maxSilenceSeconds: number;
  /** Of the edges of a step, the share that may have fallen silent. A document without it was begun when none might. */
  readonly maxSilent?: number | undefined;
  /** With fewer edges in a step there is too little to go by. */
  readonly minEdges: number;
}

/** `waiting`: the next step begins once a second person has approved it. */
export const ROLLOUT_STATES = ["waiting", "running", "paused", "failed", "done", "aborted"] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** A channel on its way from one revision to another. */
export interface RolloutDocument {
  readonly from: number;
  readonly to: number;
  readonly steps: readonly RolloutStep[];
  /** Index of the step that it is in; -1: no edge is given the new revision, or none yet. */
  readonly step: number;
  readonly state: RolloutState;
  /** When the step, or the state, began: RFC 3339. */
  readonly since: string;
  /** When the rollout began. */
  readonly started: string;
  /** When it was last resumed after a failure: harm that edges told of before does not count, nor who was silent then. */
  readonly resumed?: string | undefined;
  readonly health: RolloutHealth;
  /** What a failure does: it stops where it is, or everybody goes back. */
  readonly onFailure: "stop" | "back";
  /** What happened last, in words. */
  readonly reason: string;
  /** Who began it, where a step waits for a second person. */
  readonly startedBy?: Person | undefined;
  /** Who approved the last step that waited, when it was the document of that revision. */
  readonly approved?: (Person & { readonly revision: number }) | undefined;
}

export const STEPS_MAX = 20;
export const LABELS_MAX = 20;
export const BAKE_SECONDS_MAX = 2_592_000;
/** Both shares are none of a step of fewer than 100 edges: there one edge stops it. */
export const DEFAULT_HEALTH = {
  minShare: 0.9,
  maxRefusals: 0,
  maxErrorRate: 0.05,
  maxFailing: 0.01,
  maxSilenceSeconds: 300,
  maxSilent: 0.01,
  minEdges: 1,
} as const satisfies RolloutHealth;

/** A channel of a namespace. */
export interface ChannelPlace {
  readonly namespace: string;
  readonly channel: string;
}

export const CHANNEL_PATTERN = "^[a-z0-9][a-z0-9-]{0,62}$";
export const EDGE_PATTERN = "^[a-z0-9][a-z0-9._/-]{0,126}$";
export const LABEL_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$";
const CHANNEL = new RegExp(CHANNEL_PATTERN);
const EDGE = new RegExp(EDGE_PATTERN);
const LABEL = new RegExp(LABEL_PATTERN);

export function channelKey({ namespace, channel }: ChannelPlace): string {
  return `channel/${namespace}/${channel}`;
}

export function rolloutKey({ namespace, channel }: ChannelPlace): string {
  return `rollout/${namespace}/${channel}`;
}

export function edgeKey(edge: string): string {
  return `edge/${edge}`;
}

/** Which document of a channel a key of `_system` is; undefined for others. */
export function placeOfPointer(
  key: string,
): (ChannelPlace & { readonly kind: "channel" | "rollout" }) | undefined {
  const [kind, namespace = "", channel = "", ...rest] = key.split("/");
  if ((kind !== "channel" && kind !== "rollout") || rest.length > 0) return undefined;
  return isNamespaceName(namespace) && CHANNEL.test(channel) ? { kind, namespace, channel } : undefined;
}

/** The edge that a key of `_system` is about; undefined for others. */
export function edgeOfKey(key: string): string | undefined {
  const name = key.startsWith("edge/") ? key.slice("edge/".length) : "";
  return EDGE.test(name) ? name : undefined;
}

/** A channel by its JSON text; undefined for anything that is not exactly that. */
export function parseChannel(json: string): ChannelDocument | undefined {
  const parsed = parseObject(json, ["revision", "description"]);
  if (parsed === undefined || !isRevision(parsed.revision) || !isText(parsed.description)) return undefined;
  return { ...parsed, revision: Number(parsed.revision) };
}

export function parseEdge(json: string): EdgeDocument | undefined {
  const parsed = parseObject(json, ["labels", "description"]);
  if (parsed === undefined || !isLabels(parsed.labels) || !isText(parsed.description)) return undefined;
  return { ...parsed, labels: parsed.labels };
}

const MEMBERS = [
  "from",
  "to",
  "steps",
  "step",
  "state",
  "since",
  "started",
  "resumed",
  "health",
  "onFailure",
  "reason",
  "startedBy",
  "approved",
];

export function parseRollout(json: string): RolloutDocument | undefined {
  const parsed = parseObject(json, MEMBERS);
  return parsed !== undefined && isRollout(parsed) ? parsed : undefined;
}

function isRollout(value: object): value is RolloutDocument {
  const {
    from,
    to,
    steps,
    step,
    state,
    since,
    started,
    resumed = started,
    health,
    onFailure,
    reason,
    startedBy,
    approved,
  }: Partial<RolloutDocument> = value;
  return (
    isRevision(from) &&
    isRevision(to) &&
    Array.isArray(steps) &&
    steps.length >= 1 &&
    steps.length <= STEPS_MAX &&
    steps.every(isStep) &&
    Number.isSafeInteger(step) &&
    Number(step) >= -1 &&
    Number(step) < steps.length &&
    ROLLOUT_STATES.some((one) => one === state) &&
    isTime(since) &&
    isTime(started) &&
    isTime(resumed) &&
    isHealth(health) &&
    (onFailure === "stop" || onFailure === "back") &&
    typeof reason === "string" &&
    // Who may not approve it has to be known.
    (startedBy === undefined ? !steps.some(({ review }) => review) : isPerson(startedBy)) &&
    (approved === undefined || (isPerson(approved) && isRevision(approved.revision)))
  );
}

function isPerson(person: unknown): boolean {
  return isObject(person) && typeof person.by === "string" && typeof person.byName === "string";
}

function isStep(step: unknown): step is RolloutStep {
  if (!isObject(step) || !hasOnly(step, ["labels", "percent", "bakeSeconds", "review"])) return false;
  const { labels, percent, bakeSeconds, review } = step;
  // One of the two says whom it is for.
  if ((labels === undefined) === (percent === undefined)) return false;
  return (
    (labels === undefined || (isLabels(labels) && Object.keys(labels).length > 0)) &&
    (percent === undefined || isWithin(percent, 1, 100)) &&
    isWithin(bakeSeconds, 0, BAKE_SECONDS_MAX) &&
    (review === undefined || typeof review === "boolean")
  );
}

const HEALTH = Object.keys(DEFAULT_HEALTH);

function isHealth(health: unknown): boolean {
  if (!isObject(health) || !hasOnly(health, HEALTH)) return false;
  const { maxFailing = 1, maxSilent = 0 } = health;
  return (
    isShare(health.minShare) &&
    isShare(health.maxErrorRate) &&
    isShare(maxFailing) &&
    isShare(maxSilent) &&
    isWithin(health.maxRefusals, 0, Number.MAX_SAFE_INTEGER) &&
    isWithin(health.maxSilenceSeconds, 1, BAKE_SECONDS_MAX) &&
    isWithin(health.minEdges, 0, Number.MAX_SAFE_INTEGER)
  );
}

function isLabels(labels: unknown): labels is Labels {
  return (
    isObject(labels) &&
    Object.keys(labels).length <= LABELS_MAX &&
    Object.entries(labels).every(
      ([name, value]) => LABEL.test(name) && typeof value === "string" && LABEL.test(value),
    )
  );
}

function isText(text: unknown): text is string | undefined {
  return text === undefined || typeof text === "string";
}

function isTime(text: unknown): boolean {
  return typeof text === "string" && parseTime(text) !== undefined;
}

function isRevision(number: unknown): number is number {
  return isWithin(number, 1, Number.MAX_SAFE_INTEGER);
}

function isWithin(number: unknown, min: number, max: number): number is number {
  return Number.isSafeInteger(number) && Number(number) >= min && Number(number) <= max;
}

function isShare(number: unknown): boolean {
  return typeof number === "number" && number >= 0 && number <= 1;
}
