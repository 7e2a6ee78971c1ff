import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as zod from "zod/mini";
import { smallSchemas } from "../../../build/plugins.ts";
import * as adminBodies from "../../../lib/api/admin-bodies.ts";
import * as commitBody from "../../../lib/api/commit-body.ts";
import * as restoreAnswers from "../../../lib/api/restore-answers.ts";
import * as restoreBodies from "../../../lib/api/restore-bodies.ts";
import * as small from "../../../lib/engines/quickjs/zod-mini.ts";
import * as digests from "../../../lib/snapshot/digest-schema.ts";
import * as rows from "../../../lib/store/catalogue/rows.ts";
import * as records from "../../../lib/store/restore/record-schema.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { root, testFolder } from "../../../testkit/host.ts";

interface Parsed {
  readonly success: boolean;
  readonly data?: unknown;
  readonly error?: { readonly issues: readonly { path: unknown; message: string; keys?: unknown }[] };
}
interface Reader {
  safeParse(value: unknown): Parsed;
}

/** All that anybody reads of what a schema says. */
function said({ success, data, error }: Parsed) {
  if (success) return { data };
  return { issues: error?.issues.map(({ path, message, keys }) => ({ path, message, keys })) };
}

/** Where only zod/mini is loaded nothing gives it other words; in this process the whole of zod is. */
const IN_GUEST = { error: () => "Invalid input" };

const DROPPED = Symbol("dropped");
const ODD = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 60,
  "",
  "any",
  "x",
  "a\nb",
  "\u0007",
  "🦜🦜🦜",
  [],
  ["x"],
  {},
  { length: 9 },
  { op: "put" },
];

/** A value that fits the schema, but for a part of it here and there. */
function near(schema: zod.ZodMiniType): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary: fitting(schema) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
  );
}

function fitting(schema: zod.ZodMiniType): fc.Arbitrary<unknown> {
  // biome-ignore lint/suspicious/noExplicitAny: what a schema is made of differs with its kind
  const def: any = schema._zod.def;
  switch (def.type) {
    case "string":
      return fc.oneof(
        fc.stringMatching(/^[0-9a-f]{32}$/),
        fc.stringMatching(/^[0-9a-f]{64}$/),
        fc.stringMatching(/^[a-z2-7]{12}$/),
        fc.string({ unit: "binary" }),
        fc.constantFrom("x".repeat(300), "2027-01-01T00:00:00.000Z", "🦜".repeat(40)),
      );
    case "number":
      return fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case "boolean":
      return fc.boolean();
    case "unknown":
      return fc.jsonValue();
    case "literal":
      return fc.constantFrom(...def.values);
    case "enum":
      return fc.constantFrom(...Object.values(def.entries));
    case "optional":
      return fc.oneof(near(def.innerType), fc.constant(DROPPED));
    case "nullable":
      return fc.oneof(near(def.innerType), fc.constant(null));
    case "readonly":
      return near(def.innerType);
    case "pipe":
      return fc.oneof(near(def.in), near(def.out));
    case "array":
      return fc.array(near(def.element), { maxLength: 4 });
    case "union":
      return fc.oneof(...def.options.map(near));
    case "record":
      return fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "7")), near(def.valueType), {
        maxKeys: 20,
      });
    case "object": {
      const members = fc.record(
        Object.fromEntries(Object.entries<zod.ZodMiniType>(def.shape).map(([key, one]) => [key, near(one)])),
      );
      const more = fc.dictionary(fc.constantFrom("extra", "more", "__proto__", "toString"), fc.jsonValue(), {
        maxKeys: 1,
      });
      return fc
        .tuple(members, fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: more }))
        .map(([own, others]) =>
          Object.fromEntries(
            [...Object.entries(own), ...Object.entries(others)].filter(([, value]) => value !== DROPPED),
          ),
        );
    }
    default:
      throw new Error(`no values for ${def.type}`);
  }
}

function expectSame(real: zod.ZodMiniType, ours: Reader): void {
  const values = fc.oneof(near(real), fc.jsonValue()).filter((value) => value !== DROPPED);
  fc.assert(
    fc.property(values, (value) => {
      // As a body comes: a member `__proto__` is one of the object's own.
      const json = JSON.stringify(value);
      expect(said(ours.safeParse(JSON.parse(json)))).toEqual(
        said(real.safeParse(JSON.parse(json), IN_GUEST)),
      );
    }),
    { numRuns: FULL ? 20_000 : 200 },
  );
}

type Library = typeof zod;

const KINDS: Readonly<Record<string, (z: Library) => zod.ZodMiniType>> = {
  "a text between two lengths, of a pattern": (z) =>
    z.string().check(z.minLength(2), z.maxLength(4), z.regex(/^x*$/)),
  "a whole number in a range": (z) => z.int().check(z.minimum(0), z.maximum(9, "at most 9")),
  "a list of a length": (z) =>
    z.array(z.string().check(z.maxLength(2))).check(z.minLength(1), z.maxLength(2)),
  "a list in two steps": (z) =>
    z.pipe(z.array(z.unknown()).check(z.maxLength(2)), z.array(z.boolean()).check(z.minLength(1))),
  "a list that may be anything": (z) => z.readonly(z.array(z.unknown())),
  "an object and another in it": (z) =>
    z.strictObject({ a: z.object({ b: z.boolean() }), c: z.optional(z.int()) }),
  "a member that may be anything": (z) => z.strictObject({ a: z.optional(z.unknown()), b: z.unknown() }),
  "a record": (z) => z.record(z.string().check(z.minLength(1), z.maxLength(3)), z.int()),
  "what is refused in words": (z) =>
    z.string().check(
      z.refine((text) => text !== "x", { error: "not x", abort: true }),
      z.refine((text) => text !== "", "not empty"),
      z.refine((text) => text !== "any"),
    ),
  "one of several": (z) => z.union([z.int().check(z.minimum(0)), z.literal("any"), z.boolean()]),
  "one of two that are near": (z) =>
    z.union([z.string().check(z.maxLength(1)), z.string().check(z.minLength(90))]),
  "one by its name": (z) =>
    z.discriminatedUnion("op", [
      z.strictObject({ op: z.literal(["put", "set"]), value: z.nullable(z.string()) }),
      z.strictObject({ op: z.literal("delete") }),
    ]),
  "one of some words": (z) => z.enum(["x", "any"]),
};

describe("the small library says what zod/mini says of", () => {
  test.each(Object.entries(KINDS))("%s", (_, make) => {
    expectSame(make(zod), make(small as unknown as Library) as unknown as Reader);
  });
});

const MODULES: Readonly<Record<string, Record<string, unknown>>> = {
  "api/admin-bodies": adminBodies,
  "api/commit-body": commitBody,
  "api/restore-answers": restoreAnswers,
  "api/restore-bodies": restoreBodies,
  "snapshot/digest-schema": digests,
  "store/catalogue/rows": rows,
  "store/restore/record-schema": records,
};

/** A row of the catalogue holds its schema. */
function schemaOf(exported: unknown): zod.ZodMiniType | undefined {
  if (typeof exported !== "object" || exported === null) return undefined;
  if ("safeParse" in exported) return exported as zod.ZodMiniType;
  return "schema" in exported ? (exported.schema as zod.ZodMiniType) : undefined;
}

describe("with it the schemas of a small component say the same: lib/", () => {
  test.each(Object.entries(MODULES))("%s.ts", async (name, real) => {
    const { outputFiles } = await build({
      entryPoints: [join(root, "lib", `${name}.ts`)],
      bundle: true,
      write: false,
      format: "esm",
      plugins: [smallSchemas(root)],
    });
    const out = join(testFolder(), "schemas.mjs");
    writeFileSync(out, outputFiles[0]?.contents ?? "");
    const ours: Record<string, unknown> = await import(pathToFileURL(out).href);
    const names = Object.keys(real).filter((one) => schemaOf(real[one]) !== undefined);
    expect(names.length).toBeGreaterThan(0);
    for (const one of names) {
      const [schema, other] = [schemaOf(real[one]), schemaOf(ours[one])];
      if (schema === undefined || other === undefined) throw new Error(`${one} is not in the bundle`);
      expect(other, one).not.toHaveProperty("_zod");
      expectSame(schema, other);
    }
  });

  test("parse throws where safeParse refuses", () => {
    expect(small.int().parse(1)).toBe(1);
    expect(() => small.int().parse("1")).toThrow("Invalid input");
  });
});
