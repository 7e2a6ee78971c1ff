/**
 * What a schema of JSON Schema 2020-12 may look like, as one schema: the official one is seven documents that refer to each
 * other by `$dynamicRef`. Keywords that nobody here could obey are refused, since an ignored rule is none.
 */
import type { Schema } from "@cfworker/json-schema";

const SCHEMA: Schema = { $ref: "#/$defs/below" };
const SCHEMAS: Schema = { type: "array", minItems: 1, items: SCHEMA };
const NAMED: Schema = { type: "object", additionalProperties: SCHEMA };
const COUNT: Schema = { type: "integer", minimum: 0 };
const NUMBER: Schema = { type: "number" };
const TEXT: Schema = { type: "string" };
const FLAG: Schema = { type: "boolean" };
const NAMES: Schema = { type: "array", items: TEXT, uniqueItems: true };
const TYPE: Schema = { enum: ["array", "boolean", "integer", "null", "number", "object", "string"] };

/** Of 2020-12, and of what came before it, by the names that ask for something that is not done. */
const UNSUPPORTED: readonly string[] = [
  "$dynamicRef",
  "$dynamicAnchor",
  "$recursiveRef",
  "$recursiveAnchor",
  "$vocabulary",
  "additionalItems",
  "dependencies",
  "id",
];

const ANY: Schema = {
  type: ["object", "boolean"],
  properties: {
    $schema: {
      enum: ["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#"],
    },
    $ref: { type: "string", pattern: "^#" },
    $anchor: { type: "string", pattern: "^[A-Za-z_][-A-Za-z0-9._]*$" },
    $comment: TEXT,
    $defs: NAMED,
    definitions: NAMED,
    prefixItems: SCHEMAS,
    items: SCHEMA,
    contains: SCHEMA,
    additionalProperties: SCHEMA,
    properties: NAMED,
    patternProperties: NAMED,
    dependentSchemas: NAMED,
    propertyNames: SCHEMA,
    if: SCHEMA,
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword.
    then: SCHEMA,
    else: SCHEMA,
    allOf: SCHEMAS,
    anyOf: SCHEMAS,
    oneOf: SCHEMAS,
    not: SCHEMA,
    unevaluatedItems: SCHEMA,
    unevaluatedProperties: SCHEMA,
    type: { anyOf: [TYPE, { type: "array", items: TYPE, minItems: 1, uniqueItems: true }] },
    enum: { type: "array" },
    multipleOf: { type: "number", exclusiveMinimum: 0 },
    maximum: NUMBER,
    exclusiveMaximum: NUMBER,
    minimum: NUMBER,
    exclusiveMinimum: NUMBER,
    maxLength: COUNT,
    minLength: COUNT,
    pattern: TEXT,
    maxItems: COUNT,
    minItems: COUNT,
    uniqueItems: FLAG,
    maxContains: COUNT,
    minContains: COUNT,
    maxProperties: COUNT,
    minProperties: COUNT,
    required: NAMES,
    dependentRequired: { type: "object", additionalProperties: NAMES },
    format: TEXT,
    contentEncoding: TEXT,
    contentMediaType: TEXT,
    contentSchema: SCHEMA,
    title: TEXT,
    description: TEXT,
    deprecated: FLAG,
    readOnly: FLAG,
    writeOnly: FLAG,
    examples: { type: "array" },
    ...Object.fromEntries(UNSUPPORTED.map((name) => [name, false])),
  },
};

/** `$id` stands at the root: below it would begin another document, whose references are its own. */
export const META_SCHEMA: Schema = {
  $ref: "#/$defs/any",
  properties: { $id: { type: "string", pattern: "^[^#]*#?$" } },
  $defs: { any: ANY, below: { $ref: "#/$defs/any", properties: { $id: false } } },
};
