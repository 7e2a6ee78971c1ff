/**
 * The incident pack: outages that others wrote about, made again with documents of Ledge, each with a program at the edges that
 * breaks as theirs did. Each is stopped before more than the first ring sees it. docs/incidents.md tells the same in words.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type IncidentSites, openIncidentSites } from "../../../testkit/edge/incident-sites.ts";
import { type ProgramWork, runProgram, type SiteProgram } from "../../../testkit/edge/program.ts";
import { temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder, remove } = temporaryFolder("incidents");
let sites: IncidentSites;

beforeAll(async () => {
  sites = await openIncidentSites(folder);
  return async () => {
    await sites.close();
    remove();
  };
});

const refused = (work: Promise<unknown>) =>
  work.then(
    () => "taken",
    ({ code }: { code: string }) => code,
  );

async function schema(scope: string, content: object): Promise<void> {
  const file = join(folder, "schema.json");
  writeFileSync(file, JSON.stringify(content));
  await sites.origin.ledge("schema", "put", "shop", file, "--scope", scope);
}

/** The document as it was before the incident, on all edges, with a program beside each. */
async function before(work: ProgramWork, value: unknown) {
  const revision = await sites.put(work.key, value);
  await sites.point(revision);
  const all = [sites.canary, ...sites.others];
  for (const site of all) await site.arrived(revision);
  const [canary, ...others] = all.map((site) => runProgram(site, work));
  onTestFinished(async () => {
    await Promise.all([canary, ...others].map((one) => one?.stop()));
  });
  if (canary === undefined) throw new Error("there is a canary");
  for (const one of [canary, ...others]) await expect.poll(() => one.seen).toHaveLength(1);
  return { revision, canary, others, good: canary.seen[0] ?? "" };
}

interface Before {
  readonly canary: SiteProgram;
  readonly others: readonly SiteProgram[];
  readonly good: string;
  readonly revision: number;
}

/** The canary's program fails; its report alone takes everybody back, and the others never saw anything else. */
async function expectTakenBack(
  name: string,
  { canary, others, good, revision }: Before,
  bad: number,
): Promise<void> {
  await sites.rollOut(bad);
  await expect.poll(() => canary.firstFailureMs()).toBeGreaterThan(0);
  // No tick is needed. What the canary reports is well again soon after, so its error rate is no sign to wait for.
  await expect
    .poll(() => sites.rollout())
    .toMatchObject({
      state: "failed",
      reason: expect.stringContaining("error rate"),
    });
  await expect.poll(() => canary.seen.at(-1)).toBe(good);
  await expect.poll(() => canary.isWell()).toBe(true);
  const seconds = (performance.now() - (canary.firstFailureMs() ?? 0)) / 1000;
  console.log(`${name}: taken back ${seconds.toFixed(1)} s after the first error`);
  await sites.canary.arrived(revision);
  expect(canary.seen).toHaveLength(3);
  expect(others.map(({ seen }) => seen)).toEqual(others.map(() => [good]));
}

describe("Cloudflare, 18 November 2025: a generated file doubles in size", () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, nth) => ({ feature: `f${nth}`, weight: nth }));
  /** It has room for so many features, and ends where there are more. */
  const work: ProgramWork = {
    key: "features.json",
    use(text) {
      if (JSON.parse(text).length > 200) throw new Error("more features than were preallocated");
    },
  };

  test("a policy refuses it; past an override, edges refuse it, and the rollout ends", async () => {
    const { canary, others, good } = await before(work, rows(150));
    await sites.origin.ledge("policy", "put", "shop", "--scope", "features.json", "--max-growth", "1KiB");
    expect(await refused(sites.put("features.json", rows(300)))).toBe("policy_violation");
    const forced = await sites.put("features.json", rows(300), "it must go out");
    await expect(sites.rollOut(forced)).rejects.toThrow(/features\.json/);
    await sites.rollOut(forced, "--override", "it must go out");
    await expect.poll(async () => (await sites.heard()).refusal?.revision).toBe(forced);
    expect(await sites.tick()).toMatchObject({ state: "failed", reason: expect.stringContaining("refuse") });
    for (const { seen } of [canary, ...others]) expect(seen).toEqual([good]);
    await sites.origin.ledge("policy", "rm", "shop", "--scope", "features.json");
    // It would stand in the way of every later revision, too.
    await sites.put("features.json", rows(150));
  });
});

describe("Cloudflare, 5 December 2025: a change to everybody at once", () => {
  /** What it does with a rule that is switched off was never run before. */
  const work: ProgramWork = {
    key: "switches.json",
    use(text) {
      const { off }: { off: readonly string[] } = JSON.parse(text);
      const rules: Record<string, { readonly execute?: { readonly results: string } }> = { "rule-7": {} };
      for (const rule of off)
        if (rules[rule]?.execute?.results === undefined) throw new Error("execute is nil");
    },
  };

  test("a commit reaches nobody by itself, and the first ring alone by a rollout", async () => {
    const here = await before(work, { off: [] });
    const bad = await sites.put("switches.json", { off: ["rule-7"] });
    await expectTakenBack("a switch that nobody had tried", here, bad);
  });
});

describe("Google, June 2025: blank fields in a policy row", () => {
  const work: ProgramWork = {
    key: "quota/checkout.json",
    use(text) {
      const { project, limit } = JSON.parse(text);
      if (project.length === 0 || limit.perMinute < 1) throw new Error("null pointer");
    },
  };
  const row = { project: "checkout", limit: { perMinute: 100 } };

  test("a schema refuses each blank, whoever sends it, and no edge sees any", async () => {
    await schema("quota/", {
      type: "object",
      properties: {
        project: { type: "string", minLength: 1 },
        limit: {
          type: "object",
          properties: { perMinute: { type: "integer", minimum: 1 } },
          required: ["perMinute"],
        },
      },
      required: ["project", "limit"],
    });
    const { canary, others, good } = await before(work, row);
    for (const blank of [
      { ...row, project: "" },
      { ...row, limit: null },
      { ...row, limit: {} },
      {},
      null,
      "",
    ])
      expect(await refused(sites.put(work.key, blank))).toBe("schema_violation");
    for (const { seen } of [canary, ...others]) expect(seen).toEqual([good]);
  });
});

describe("CrowdStrike, July 2024: 21 fields declared and 20 supplied", () => {
  const work: ProgramWork = {
    key: "channel/291.json",
    use(text) {
      const inputs: readonly string[] = JSON.parse(text).inputs;
      if (inputs[20] === undefined) throw new Error("out of bounds");
    },
  };
  const fields = (count: number) => ({ inputs: Array.from({ length: count }, (_, nth) => `${nth}`) });

  test("a schema that counts as the program does refuses it", async () => {
    await schema("channel/", {
      properties: { inputs: { type: "array", minItems: 21, maxItems: 21, items: { type: "string" } } },
      required: ["inputs"],
    });
    expect(await refused(sites.put(work.key, fields(20)))).toBe("schema_violation");
    await sites.origin.ledge("schema", "rm", "shop", "--scope", "channel/");
  });

  test("where no schema knows it, the first ring's errors take it back", async () => {
    const here = await before(work, fields(21));
    const bad = await sites.put(work.key, fields(20));
    await expectTakenBack("a field that is not there", here, bad);
  });
});

describe("Fly, September 2024: a new field on which programs deadlock", () => {
  const work: ProgramWork = {
    key: "services.json",
    use(text) {
      const { services } = JSON.parse(text);
      const isNew = services.some((one: object) => "standby" in one);
      return isNew ? new Promise<void>(() => {}) : undefined;
    },
  };
  const services = (more: object) => ({ services: [{ name: "web", port: 443, ...more }] });

  test("a schema that is closed refuses the field", async () => {
    const item = {
      properties: { name: { type: "string" }, port: { type: "integer" } },
      additionalProperties: false,
    };
    await schema("services.json", { properties: { services: { items: item } } });
    expect(await refused(sites.put(work.key, services({ standby: true })))).toBe("schema_violation");
    await sites.origin.ledge("schema", "rm", "shop", "--scope", "services.json");
  });

  test("where no schema does, the watchdog of the first ring takes it back", async () => {
    const here = await before(work, services({}));
    const bad = await sites.put(work.key, services({ standby: true }));
    await expectTakenBack("a program that does not come back", here, bad);
  });
});
