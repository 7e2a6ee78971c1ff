/**
 * The library that judges JSON Schema, bounded: as it is published it runs regular expressions that look back, compares
 * each item of an array with each, and counts nothing. These places call lib/json-schema instead. Promise: where the
 * library is no longer written that way, the build fails and names the place.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plugin } from "esbuild";

export const VALIDATING =
  /@cfworker[\\/]json-schema[\\/]dist[\\/]esm[\\/](validate|dereference|deep-compare-strict|pointer)\.js$|re2js[\\/]build[\\/]index\.js$/;

interface Place {
  readonly is: string;
  readonly becomes: string;
  /** How often it stands there. */
  readonly times: number;
}

const place = (is: string, becomes: string, times = 1): Place => ({ is, becomes, times });

const PARAMETERS =
  "instance, schema, draft = '2019-09', lookup = dereference(schema), shortCircuit = true, recursiveAnchor = null, instanceLocation = '#', schemaLocation = '#', evaluated = Object.create(null)";
const ARGUMENTS =
  "instance, schema, draft, lookup, shortCircuit, recursiveAnchor, instanceLocation, schemaLocation, evaluated";

const PAIRS = `for (let j = 0; j < length; j++) {
                const a = instance[j];
                const ao = typeof a === 'object' && a !== null;
                for (let k = 0; k < length; k++) {
                    if (j === k) {
                        continue;
                    }
                    const b = instance[k];
                    const bo = typeof b === 'object' && b !== null;
                    if (a === b || (ao && bo && deepCompareStrict(a, b))) {`;

const PLACES: Readonly<Record<string, readonly Place[]>> = {
  "validate.js": [
    place(
      `export function validate(${PARAMETERS}) {`,
      // What a part has evaluated is its own until it fits: `unevaluated…` in it sees nothing of what stands beside it.
      `export function validate(${PARAMETERS.replace("evaluated = Object.create(null)", "evaluatedByAll")}) {
    const pathChars = instanceLocation.length + schemaLocation.length;
    const evaluated = Object.create(null);
    const result = visited({ instance, schema, pathChars }, () => validateNode(${ARGUMENTS}));
    if (result.valid && evaluatedByAll !== undefined) Object.assign(evaluatedByAll, evaluated);
    return result;
}
function validateNode(${ARGUMENTS}) {`,
    ),
    place("!new RegExp($pattern, 'u').test(instance)", "!matches($pattern, instance)"),
    place("new RegExp(pattern, 'u')", "expressionOf(pattern)"),
    place("format[$format] &&", "!fitsFormat(format, $format, instance)"),
    place("\n            !format[$format](instance)", ""),
    place("!isMultipleOf(instance, $multipleOf)", "!isMultiple(isMultipleOf, instance, $multipleOf)"),
    place("instance % 1 || instance !== instance", "!Number.isInteger(instance)"),
    place(
      "for (const key of $required) {\n                if (!hasOwnProperty(instance, key)) {",
      "for (const key of $required) {\n                if (isMissing(instance, key)) {",
    ),
    place(
      "for (const dependantKey of required) {\n                        if (!hasOwnProperty(instance, dependantKey)) {",
      "for (const dependantKey of required) {\n                        if (isMissing(instance, dependantKey)) {",
    ),
    place("...result.errors", "...fewOf(result.errors)", 18),
    place("...thenResult.errors", "...fewOf(thenResult.errors)"),
    place("...elseResult.errors", "...fewOf(elseResult.errors)"),
    place("JSON.stringify($const)", "shownValue($const)", 2),
    place("JSON.stringify($enum)", "shownValue($enum)", 2),
    place(
      PAIRS,
      `{
                const [j, k] = repeatedItem(instance) ?? [];
                {
                    if (j !== undefined) {`,
    ),
    place(
      "\n                        j = Number.MAX_SAFE_INTEGER;\n                        k = Number.MAX_SAFE_INTEGER;",
      "",
    ),
  ],
  // JSON can name a member by half of a pair, which no address can hold.
  "pointer.js": [place("encodeURI(escapePointer(p))", "addressed(escapePointer(p))")],
  // `id` is of former drafts: today it is anybody's name.
  "dereference.js": [place("schema.$id || schema['id']", "schema.$id")],
  // It would unpack what folds to what for each letter, though nothing is folded: 10 ms in a guest.
  "index.js": [
    place(
      "if (runes.length !== 1 || Unicode.simpleFold(runes[0]) === runes[0]) flags",
      "if (flags !== 0 && (runes.length !== 1 || Unicode.simpleFold(runes[0]) === runes[0])) flags",
    ),
  ],
  "deep-compare-strict.js": [
    place(
      "export function deepCompareStrict(a, b) {",
      "export function deepCompareStrict(a, b) {\n    compared(a);",
    ),
  ],
};

const IMPORTS: Readonly<Record<string, (folder: string) => string>> = {
  "validate.js": (folder) =>
    `import { fewOf, fitsFormat, isMissing, isMultiple, matches, repeatedItem, shownValue, visited } from ${JSON.stringify(join(folder, "seams.ts"))};
import { expressionOf } from ${JSON.stringify(join(folder, "expression.ts"))};`,
  "pointer.js": (folder) => `import { addressed } from ${JSON.stringify(join(folder, "seams.ts"))};`,
  "dereference.js": (folder) =>
    `import { InDocumentUrl as URL } from ${JSON.stringify(join(folder, "in-document-url.ts"))};`,
  "deep-compare-strict.js": (folder) =>
    `import { compared } from ${JSON.stringify(join(folder, "seams.ts"))};`,
};

/** For esbuild. `root` is the project. */
export function boundedValidation(root: string): Plugin {
  return {
    name: "bounded-validation",
    setup(setup) {
      setup.onLoad({ filter: VALIDATING }, ({ path }) => ({
        contents: bounded(root, path, readFileSync(path, "utf8")),
        loader: "js",
      }));
    },
  };
}

/** The source of one of the library's files with our calls in it. Throws where a place is not as it was. */
export function bounded(root: string, file: string, source: string): string {
  const name = basename(file);
  let text = source;
  for (const { is, becomes, times } of PLACES[name] ?? []) {
    const parts = text.split(is);
    if (parts.length - 1 !== times)
      throw new Error(
        `@cfworker/json-schema or re2js: ${name} has ${parts.length - 1} times, not ${times}: ${is.slice(0, 80)}`,
      );
    text = parts.join(becomes);
  }
  const imports = IMPORTS[name]?.(join(root, "lib", "json-schema")) ?? "";
  return `${imports}\n${text}`;
}
