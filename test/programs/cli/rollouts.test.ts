/** `ledge channel`, `rollout`, `edge`, `fleet` and `wait`, against a real server. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { beaconOf } from "../../../testkit/rollouts.ts";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const served = serveCommand("rollouts");
const { ledge, folder, data } = served;

const run = (line: string, ...more: string[]) => ledge([...line.split(" "), ...more]);
async function done(line: string, ...more: string[]): Promise<string> {
  const ran = await run(line, ...more);
  if (ran.status !== 0) throw new Error(`${line}: ${ran.status} ${ran.stderr}`);
  return ran.stdout;
}
const revisionOf = async (line: string): Promise<number> =>
  JSON.parse(await done(`${line} -o json`)).revision;

const tokenFor = async (name: string) => {
  const token = await done(`token create ${name} -g approve,rollout,read,history:shop`);
  return { env: { LEDGE_TOKEN: token.trim() } };
};

let lineage = "";

async function report(edge: string, revision: number): Promise<void> {
  const token = readFileSync(join(data, "admin-token"), "utf8").trim();
  const seen = { namespace: "shop", lineage, channel: "stable", revision };
  const reply = await fetch(`${served.url()}/v1/fleet/beacons`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ beacons: [beaconOf(edge, seen)] }),
  });
  if (!reply.ok) throw new Error(await reply.text());
}

beforeAll(async () => {
  await done("ns put shop");
  lineage = JSON.parse(await done("status -o json")).lineage;
});

describe("ledge channel and rollout", () => {
  test("point a channel, roll it out, and say how far that is", async () => {
    const first = await revisionOf("put shop/k 1");
    expect((await run("channel set shop/stable --to head")).stderr).toContain(`points at revision ${first}`);
    const second = await revisionOf("put shop/k 2 --if any");
    await done("channel set shop/stable --description", "all sites");
    expect((await done("channel ls shop")).split("\n")[1]).toMatch(
      new RegExp(`^shop/stable +${first} +\\S+ +all sites$`),
    );
    await done("edge set fra-1 ring=canary region=eu");
    await done("edge set fra-1 ring=early --unset region");
    expect((await done("edge ls")).split("\n")[1]).toMatch(/^fra-1 +ring=early$/);
    const start = `rollout start shop/stable --to ${second} --step ring=early --step 100% --bake 1h --min-share 50% --max-silent 2.5% --max-failing 0`;
    expect((await run(start)).stderr).toContain("has begun");
    const status = JSON.parse(await done("rollout status shop/stable -o json"));
    expect(status).toMatchObject({
      steps: [
        { labels: { ring: "early" }, bakeSeconds: 3600 },
        { percent: 100, bakeSeconds: 3600 },
      ],
      health: { minShare: 0.5, maxSilent: 0.025, maxFailing: 0 },
      state: "running",
    });
    expect(await done("rollout status shop/stable")).toContain("0 of 0 edges have it");
    expect(await done("channel show shop/stable")).toContain(
      `rollout from revision ${first} to ${second}: running`,
    );
    const late = await run("rollout status shop/stable --wait --timeout 1s");
    expect([late.status, late.stderr]).toEqual([9, expect.stringContaining("has not ended in time")]);
    expect((await run(`${start} --step 7%`)).status).toBe(6);
    await done("rollout pause shop/stable");
    expect((await run("rollout status shop/stable --wait")).status).toBe(6);
    await done("rollout resume shop/stable");
    await done("rollout hurry shop/stable --reason", "INC-9");
    expect((await run("rollout status shop/stable --wait")).status).toBe(0);
    expect((await done("rollout ls shop")).split("\n")[1]).toMatch(/done/);
    expect((await done("channel show shop/stable")).split("\n")[0]).toContain(`revision ${second}`);
    await done("channel rm shop/stable");
    expect((await run("channel show shop/stable")).status).toBe(3);
  });

  test("wait for somebody else, who sees the rollout and lets it begin", async () => {
    await done("put shop/r 1 --if any");
    await done("channel set shop/reviewed --to head");
    await done("put shop/r 2 --if any");
    await done("policy put shop --rollouts review");
    expect((await done("policy ls shop")).split("\n")[1]).toMatch(/^shop .* review$/);
    const [first, second] = [await tokenFor("first"), await tokenFor("second")];
    const flags = "--to head --step 10% --step 100% --bake 1h --review-step 2".split(" ");
    const started = await ledge(["rollout", "start", "shop/reviewed", ...flags], first);
    expect(started.stderr).toContain("Step 1 waits for a second person");
    expect(started.stderr).toContain("rollout approve shop/reviewed");
    const lines = await done("rollout status shop/reviewed");
    expect(lines).toMatch(/ 1 {2}wait {2}10 %, bakes 3600 s, to be approved\n/);
    expect(lines).toMatch(/begun by first \(\w+\), to be approved by somebody else\n/);
    const late = await run("rollout status shop/reviewed --wait --timeout 1s");
    expect([late.status, late.stderr]).toEqual([
      9,
      expect.stringContaining("the rollout is waiting: Step 1"),
    ]);
    expect((await ledge(["rollout", "approve", "shop/reviewed", "--yes"], first)).status).toBe(4);
    const asked = await ledge(["rollout", "approve", "shop/reviewed"], second);
    expect([asked.status, asked.stderr]).toEqual([2, expect.stringContaining("what it carries:")]);
    const approved = await ledge(["rollout", "approve", "shop/reviewed", "--yes"], second);
    expect([approved.status, approved.stderr]).toEqual([0, expect.stringContaining("step 1 of the rollout")]);
    expect(await done("rollout status shop/reviewed")).toMatch(
      / 1 {2}now .*bakes 3600 s\n.* 2 {8}100 %.*approved\n/,
    );
    const again = await ledge(["rollout", "approve", "shop/reviewed", "--yes"], second);
    expect([again.status, again.stderr]).toEqual([3, expect.stringContaining("waits for nobody")]);
    await done("policy put shop --unset rollouts");
    await done("rollout abort shop/reviewed");
  });

  test("takes the steps of a file", async () => {
    await done("channel set shop/filed --to 3");
    const steps = join(folder, "steps.json");
    writeFileSync(steps, JSON.stringify({ steps: [{ percent: 5, bakeSeconds: 3600 }], onFailure: "back" }));
    await done(`rollout start shop/filed --to head --from-file ${steps}`);
    const found = JSON.parse(await done("rollout status shop/filed -o json"));
    expect(found).toMatchObject({ steps: [{ percent: 5 }], onFailure: "back" });
    expect((await run("rollout abort shop/filed")).stderr).toContain("is aborted");
    const over = await run("rollout pause shop/filed");
    expect([over.status, over.stderr]).toEqual([3, expect.stringContaining("the last one is aborted")]);
    writeFileSync(steps, '[{"percent":5}]');
    const bad = await run(`rollout start shop/filed --to head --from-file ${steps}`);
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining("steps/0/bakeSeconds")]);
  });

  test.each([
    { line: "rollout start shop/none --to 3", says: "say by which steps" },
    { line: "rollout start shop/none --step 10% --to", more: ["x"], says: "--to takes a whole number" },
    { line: "rollout start shop/none --to 3 --step canary", says: "neither labels" },
    { line: "rollout start shop/none --to 3 --step 10% --min-share 200%", says: "--min-share takes a share" },
    { line: "rollout start shop/none --to 3 --step 10% --on-failure run", says: "stop or back" },
    { line: "rollout hurry shop/none", says: "--reason" },
    { line: "rollout start shop/none --to 3 --step 10% --review-step 2", says: "names no step" },
    { line: "policy put shop --rollouts never", says: "--rollouts takes review" },
    { line: "channel set shop/none", says: "--to REVISION" },
    { line: "channel set shop", says: "NAMESPACE/CHANNEL" },
    { line: "edge set Fra", says: "lower-case" },
    { line: "wait x", says: "whole number" },
  ])("refuses $line", async ({ line, more = [], says }) => {
    const ran = await run(line, ...more);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe("ledge fleet and wait", () => {
  test("show who is where, and wait for all that are heard", async () => {
    const revision = await revisionOf("put shop/w 1 --if any");
    const nobody = await run(`wait ${revision} shop --timeout 1s`);
    expect([nobody.status, nobody.stderr]).toEqual([3, expect.stringContaining("no edge has reported")]);
    await report("a-site/with/a/name/that/is/longer/than/a/column", revision);
    await report("fra-1", revision - 1);
    const table = await run("fleet shop");
    expect(table.stdout.split("\n")[1]).toMatch(/^a-site\/with\/a\/name\S+ +shop +\d+ +\d+s +current$/);
    expect(table.stderr).toContain("2 edges, 2 replicas");
    expect(JSON.parse(await done("fleet -o json")).replicas).toHaveLength(2);
    const late = await run(`wait ${revision} shop --timeout 1s`);
    expect([late.status, late.stderr]).toEqual([9, expect.stringContaining(`fra-1 (at ${revision - 1})`)]);
    expect(late.stderr).toContain(`fra-1 (at ${revision - 1}) by channel stable`);
    expect(late.stderr).toContain(`rollout start shop/stable --to ${revision}`);
    const waiting = run(`wait ${revision} shop --timeout 1m`);
    await report("fra-1", revision);
    expect((await waiting).status).toBe(0);
  });

  test.skipIf(!HAS_TERMINAL)("fit a terminal of 80 columns", async () => {
    await report("another/site/with/a/name/that/is/longer/than/a/column/of/any/table", 1);
    const { screen } = await ledgeAtTerminal(["--data", data, "fleet"], { columns: 80 });
    const lines = stripVTControlCharacters(screen).split(/\r?\n/);
    expect(lines[0]).toMatch(/^EDGE +NAMESPACE +REVISION +BEHIND +HEARD +STATE$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
