/** What a proof found damaged is told with the same word by every command that looks at the bucket. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder } = serveCommand("known-damage");

/** One byte of each packed object of the bundled bucket is another from now on. */
function damageAll(): number {
  const objects = join(data, "bucket", "objects");
  const packed = readdirSync(objects, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ndjson.gz._S3rver_object"),
  );
  for (const name of packed) {
    const whole = readFileSync(join(objects, name));
    writeFileSync(
      join(objects, name),
      whole.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
  }
  return packed.length;
}

const said = async (...args: string[]) => (await ledge(args)).stdout;

/** Every minute the server's own tick may write anew what was damaged: then it begins again. */
async function untilNoTick(work: () => Promise<void>): Promise<void> {
  const minute = () => Math.floor(Date.now() / 60_000);
  for (let begun = minute(); ; begun = minute()) {
    try {
      return await work();
    } catch (error) {
      if (minute() === begun) throw error;
    }
  }
}

async function expectDamaged(): Promise<void> {
  expect(await said("backup", "ls")).toMatch(/^\d+ .* damaged /m);
  for (const to of [[], ["--to", join(folder, "new.db")]]) {
    expect(await said("restore", "--plan", ...to)).toMatch(/how sure +damaged: \S+\.ndjson\.gz, found 20/);
    const { objects } = JSON.parse(await said("restore", "--plan", ...to, "-o", "json"));
    expect(objects.filter((one: { damaged?: string }) => one.damaged !== undefined)).not.toEqual([]);
  }
  const words = "what the bucket holds is damaged, and the next run writes it anew";
  expect(await said("status")).toContain(words);
  expect(await said("backup", "status")).toMatch(new RegExp(`exported +${words}`));
}

describe("a bucket whose every snapshot is damaged", () => {
  test("is called so by every command that looks, until a run writes it anew", async () => {
    expect((await ledge(["backup", "run"])).status).toBe(0);
    expect(await said("restore", "--plan")).toMatch(/how sure +proven/);
    await untilNoTick(async () => {
      expect(damageAll()).toBeGreaterThan(0);
      expect((await ledge(["backup", "prove"])).status).toBe(1);
      await expectDamaged();
    });

    expect((await ledge(["backup", "run"])).status).toBe(0);
    expect(await said("status")).toMatch(/backup +up to revision \d/);
    expect(await said("restore", "--plan")).toMatch(/how sure +(proven|linked)/);
  });
});
