import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { acceptSchema } from "../../lib/json-schema/accepted.ts";
import { judgeBy } from "../../lib/json-schema/judge.ts";
import { root } from "../../testkit/processes.ts";

/** Put there by scripts/install-schema-suite.mjs. */
const suite = join(root, ".cache/json-schema-test-suite/tests/draft2020-12");
const files = ["", "optional/format/"].flatMap((folder) =>
  existsSync(join(suite, folder))
    ? readdirSync(join(suite, folder))
        .filter((name) => name.endsWith(".json"))
        .map((name) => folder + name)
    : [],
);

const Groups = z.array(
  z.object({
    schema: z.unknown(),
    tests: z.array(z.object({ data: z.unknown(), valid: z.boolean() })),
  }),
);

const REMOTE = "refers to another document, or to an address instead of a place in its own";
const UNKNOWN = "a format that is not judged: an annotation, as the specification has it";

/** Groups whose schema is refused, and tests that end otherwise, by file: how many, and why. */
const SKIPPED: Readonly<Record<string, { groups?: number; tests?: number; because: string }>> = {
  "anchor.json": { groups: 3, because: "$id below the root, and references by address" },
  "defs.json": { groups: 1, because: REMOTE },
  "dynamicRef.json": { groups: 20, because: "$dynamicRef is not supported, and refused" },
  "format.json": { tests: 15, because: "formats are asserted here, and not only annotations" },
  "ref.json": { groups: 15, because: REMOTE },
  "refRemote.json": { groups: 15, because: REMOTE },
  "unevaluatedItems.json": { groups: 1, because: "$dynamicRef is not supported, and refused" },
  "unevaluatedProperties.json": { groups: 1, because: "$dynamicRef is not supported, and refused" },
  "vocabulary.json": { groups: 2, because: "$schema is that of 2020-12, or refused" },
  "optional/format/idn-email.json": { tests: 2, because: UNKNOWN },
  "optional/format/idn-hostname.json": { tests: 29, because: UNKNOWN },
  "optional/format/iri-reference.json": { tests: 2, because: UNKNOWN },
  "optional/format/iri.json": { tests: 4, because: UNKNOWN },
  "optional/format/ipv4.json": { tests: 1, because: "the library takes leading zeros" },
};

describe("the official suite of JSON Schema 2020-12", () => {
  test.skipIf(files.length > 0)("is not installed: node scripts/install-schema-suite.mjs", (context) => {
    context.skip();
  });

  test.each(files)("is judged as it says: %s", (file) => {
    let groups = 0;
    let tests = 0;
    for (const { schema, tests: cases } of Groups.parse(
      JSON.parse(readFileSync(join(suite, file), "utf8")),
    )) {
      const accepted = acceptSchema(schema);
      if (!accepted.ok) groups += 1;
      else
        for (const { data, valid } of cases)
          if (judgeBy(accepted.value, data).kind !== (valid ? "fits" : "fails")) tests += 1;
    }
    expect({ groups, tests }).toEqual({
      groups: SKIPPED[file]?.groups ?? 0,
      tests: SKIPPED[file]?.tests ?? 0,
    });
  });
});
