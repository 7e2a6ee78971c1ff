import { expect, test } from "vitest";
import { postPlanDigest } from "../../components/snapshot-export/digest-plan.ts";
import { planToHash } from "../../lib/core/plan/digest.ts";
import { planDigest } from "../../lib/http/plan-digest.ts";
import type { CallComponent, World } from "../../lib/http/world.ts";
import { proposalOf } from "../../testkit/proposals.ts";
import { worldOver } from "../../testkit/world.ts";

const NO_STORE: World["db"] = {
  all() {
    throw new Error("a digest asks no store");
  },
};
const DIGEST = "d".repeat(64);

/** A plan of puts of so many bytes, with a delete behind the first. */
function planOf(...sizes: number[]) {
  const puts = sizes.map((size, at) => {
    return { op: "put", ns: "shop", key: `ü${at}`, value: "é".repeat(size / 2) } as const;
  });
  const gone = { op: "delete", ns: "shop", key: "gone" } as const;
  const { ops, body } = proposalOf([...puts.slice(0, 1), gone, ...puts.slice(1)]);
  return { plan: planToHash(ops, { bases: ops.map((_, at) => at), rules: 7 }), body };
}

/** A world whose engine cannot hash, beside a component that answers, or does not. */
function interpreted(answers: boolean): { world: World; sent: Uint8Array[] } {
  const { sha256: _, ...rest } = worldOver(NO_STORE);
  const sent: Uint8Array[] = [];
  const chain: CallComponent = (_component, _path, body = new Uint8Array()) => {
    sent.push(body);
    const nothing = new Uint8Array();
    return answers
      ? { status: 204, headers: [["ledge-plan-digest", DIGEST]], body: nothing }
      : { status: 502, headers: [], body: nothing };
  };
  return { world: { ...rest, chain }, sent };
}

test("a plan has one digest, wherever it is hashed", async () => {
  const native = worldOver(NO_STORE);
  for (const sizes of [[], [0], [10], [3000, 0, 2000]]) {
    const { plan, body } = planOf(...sizes);
    const hashed = planDigest(native, plan, body);
    expect(planDigest(interpreted(false).world, plan, body), String(sizes)).toEqual(hashed);
  }
  const { plan, body } = planOf(9000, 2, 100_000);
  const { world, sent } = interpreted(true);
  expect(planDigest(world, plan, body)).toEqual({ ok: true, value: DIGEST });
  const request = { method: "POST", uri: "/", headers: [], body: sent[0] ?? new Uint8Array() };
  const reply = await postPlanDigest({}, { request });
  if ("ok" in reply) throw new Error(reply.detail);
  const value = Object.fromEntries(reply.headers)["ledge-plan-digest"];
  expect({ ok: true, value }).toEqual(planDigest(native, plan, body));
});

test("a long plan that nobody hashes is refused, and has no digest", () => {
  const { plan, body } = planOf(9000);
  const { world } = interpreted(false);
  expect(planDigest(world, plan, body)).toMatchObject({ ok: false, code: "busy" });
  const { chain: _, ...alone } = world;
  expect(planDigest(alone, plan, body)).toMatchObject({ ok: false, code: "busy" });
});
