/**
 * POST /v1/agent/health: how a program beside an agent fares with what it reads, for the beacon, where rollouts look at it. Promise:
 * a rate is told of the revision at which it was measured and of no other, and for a minute at most.
 */
import * as z from "zod/mini";
import type { Grant } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";
import { strangeParameter } from "./strange-parameter.ts";

const HealthBody = z.strictObject({
  namespace: z.string().check(z.maxLength(64)),
  errorRate: z.number().check(z.gte(0), z.lte(1)),
});

interface Said {
  readonly errorRate: number;
  readonly revision: number;
  readonly atMs: number;
}

const KEPT_MS = 60_000;
/** Of a namespace, the programs that were heard last. */
const PROGRAMS_MAX = 100;

export class HealthBook {
  readonly #nowMs: () => number;
  /** By namespace, and by the accessor of the program's token. */
  readonly #said = new Map<string, Map<string, Said>>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether that is news for those who look at rates. */
  note({ namespace, state }: Pick<Lane, "namespace" | "state">, program: string, errorRate: number): boolean {
    const before = this.rateOf({ namespace, state });
    const all = this.#said.get(namespace) ?? new Map<string, Said>();
    this.#said.set(namespace, all);
    // The one that was heard longest ago makes room.
    if (all.size >= PROGRAMS_MAX && !all.has(program)) all.delete([...all.keys()][0] ?? "");
    all.delete(program);
    all.set(program, { errorRate, revision: state.place?.revision ?? 0, atMs: this.#nowMs() });
    return this.rateOf({ namespace, state }) !== before;
  }

  /** The highest rate that a program reports at the revision that is served; undefined where none does. */
  rateOf({ namespace, state }: Pick<Lane, "namespace" | "state">): number | undefined {
    const nowMs = this.#nowMs();
    const rates = [...(this.#said.get(namespace)?.values() ?? [])].flatMap((said) =>
      said.revision === state.place?.revision && nowMs - said.atMs < KEPT_MS ? [said.errorRate] : [],
    );
    return rates.length === 0 ? undefined : Math.max(...rates);
  }
}

export interface HealthRoute {
  readonly agent: Agent;
  readonly health: HealthBook;
  readonly reporter: { tellSoon(): void };
}

/** `program` is the accessor of the caller's token, and `grants` what it holds. */
export function takeHealth(
  { agent, health, reporter }: HealthRoute,
  { method, uri, body }: GuestRequest,
  { program, grants }: { readonly program: string; readonly grants: readonly Grant[] },
): GuestReply {
  if (method !== "POST")
    return refusalReply(
      refuse("method_not_allowed", "This path takes POST.", { headers: [["allow", "POST"]] }),
    );
  const strange = strangeParameter(uri, []);
  if (strange !== undefined) return refusalReply(strange);
  const told = bodyIn(body);
  if (told === undefined)
    return refusalReply(
      refuse("invalid_body", 'Say {"namespace":"shop","errorRate":0.02}, with a rate from 0 to 1.'),
    );
  const { namespace, errorRate } = told;
  if (!mayRead(grants, namespace))
    return refusalReply(refuse("forbidden", `This needs the verb read in ${namespace}.`));
  const lane = agent.lanes.get(namespace);
  if (lane === undefined)
    return refusalReply(refuse("namespace_not_found", `This agent does not follow ${namespace}.`));
  if (health.note(lane, program, errorRate)) reporter.tellSoon();
  return {
    status: 200,
    headers: ["content-type", "application/json", "cache-control", "no-store"],
    body: Buffer.from(JSON.stringify({ namespace, errorRate, revision: lane.state.place?.revision ?? 0 })),
  };
}

/** Who reads any part of it may say how that goes. */
function mayRead(grants: readonly Grant[], namespace: string): boolean {
  return grants.some(
    (one) => one.verbs.includes("read") && (one.namespace === "*" || one.namespace === namespace),
  );
}

function bodyIn(body: Uint8Array) {
  try {
    return HealthBody.parse(JSON.parse(Buffer.from(body).toString()));
  } catch {
    return undefined;
  }
}
