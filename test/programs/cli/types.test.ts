/** `ledge types`: what it prints is TypeScript, and means what the schemas say. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root, shell } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, folder } = serveCommand("types");

const LIMITS = {
  title: "some other name",
  type: "object",
  properties: {
    rps: { type: "integer", description: "A second." },
    pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false },
    inner: { $ref: "#/$defs/limit" },
    mode: { enum: ["on", "off"] },
  },
  required: ["rps"],
  additionalProperties: false,
  $defs: { limit: { type: "object", properties: { more: { $ref: "#/$defs/limit" } } } },
};

const SCHEMAS: Readonly<Record<string, unknown>> = {
  "": { type: ["string", "null"] },
  "limits/": LIMITS,
  "limits/api": { ...LIMITS, required: ["rps", "mode"] },
  "odd`$x/": true,
};

/** Lines that hold, and lines that a compiler has to refuse. */
const USED = `import type { LimitsApi, ShopDocument } from "./config.d.ts";
const api: LimitsApi = { rps: 1, mode: "on", pair: ["a", 1], inner: { more: {} } };
const web: ShopDocument<"limits/web"> = { rps: 1 };
const other: ShopDocument<"banner"> = null;
// @ts-expect-error
const none: LimitsApi = { rps: 1 };
// @ts-expect-error
const swapped: ShopDocument<"limits/web"> = { rps: 1, pair: [1, "a"] };
// @ts-expect-error
const wrong: ShopDocument<"banner"> = 1;
// @ts-expect-error
const mode: ShopDocument<"limits/api"> = { rps: 1, mode: "maybe" };
`;

beforeAll(async () => {
  await ledge(["ns", "put", "shop"]);
  for (const [scope, schema] of Object.entries(SCHEMAS)) {
    const file = join(folder, "schema.json");
    writeFileSync(file, JSON.stringify(schema));
    const ran = await ledge(["schema", "put", "shop", file, ...(scope === "" ? [] : ["--scope", scope])]);
    if (ran.status !== 0) throw new Error(ran.stderr);
  }
});

describe("ledge types", () => {
  test("prints a type for each scope, and one that gives each key its own", async () => {
    const made = await ledge(["types", "shop"]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(join(folder, "config.d.ts"), made.stdout);
    writeFileSync(join(folder, "used.ts"), USED);
    const flags = "--ignoreConfig --noEmit --strict --target es2022 --module nodenext --types ''";
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const files = ["used.ts", "config.d.ts"].map((file) => join(folder, file)).join(" ");
    const checked = await shell(`node ${compiler} ${flags} ${files}`);
    expect(checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  });

  test("prints only what covers keys below the prefix, and says where there is nothing", async () => {
    const { stdout } = await ledge(["types", "shop/limits/api"]);
    expect([...stdout.matchAll(/Key extends .+ \? (\w+)/g)].map(([, name]) => name)).toEqual([
      "LimitsApi",
      "Limits",
      "Shop",
    ]);
    await ledge(["ns", "put", "bare"]);
    const none = await ledge(["types", "bare"]);
    expect(none.status).toBe(3);
    expect(none.stderr).toContain("schema ls bare");
  });
});
