import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildComponent, planComponents } from "../../build/components.ts";
import { EXPECTED, readInterfaces, SIZE_BYTES_MAX } from "../../build/interfaces.ts";
import { PROBE_MANIFEST, root } from "../../testkit/host.ts";

const plans = [...planComponents(join(root, "spin.toml")), ...planComponents(PROBE_MANIFEST)];

describe.each(plans)("component $name", (plan) => {
  test("imports and exports exactly what its world says, within its size", async () => {
    expect(existsSync(plan.entry), `${plan.name} has no entry`).toBe(true);
    await buildComponent(root, plan);
    const bytes = readFileSync(plan.output);
    expect(await readInterfaces(bytes), plan.name).toEqual(EXPECTED[plan.world]);
    expect(bytes.length, plan.name).toBeLessThan(SIZE_BYTES_MAX[plan.engine]);
  });
});
