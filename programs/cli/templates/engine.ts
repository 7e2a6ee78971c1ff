/**
 * Templates in Liquid: they read documents and nothing else: no file, no code, no network. What is not there is an error
 * that names the file and the line, unless the template says what stands in.
 */
import { Liquid, LiquidError, type Template as Parsed } from "liquidjs";
import { thrownText } from "../../../lib/core/thrown.ts";
import { type ConfigDocument, decodeText, valueIn } from "../../../packages/client/document.ts";
import { EXIT, Failure } from "../failure.ts";

/** One state of a namespace. */
export interface Documents {
  readonly namespace: string;
  document(key: string): Pick<ConfigDocument, "mediaType" | "bytes"> | undefined;
  /** In order. */
  keys(prefix: string): readonly string[];
}

export interface Template {
  /** Throws Failure that names the file and the line. */
  render(documents: Documents): string;
}

/** A template that runs away: characters of the template, and milliseconds of one rendering. */
const PARSED_MAX = 1_048_576;
const RENDER_MS = 10_000;

/** Throws Failure for what is no template. */
export function parseTemplate(file: string, text: string): Template {
  let documents: Documents | undefined;
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    // There are no other templates to include.
    templates: {},
    parseLimit: PARSED_MAX,
    renderLimit: RENDER_MS,
  });
  const find = (key: unknown) => documents?.document(String(key));
  const missing = (key: unknown) => new Error(`there is no ${documents?.namespace}/${String(key)}`);
  liquid.registerFilter("key", (key: unknown, ...others: readonly unknown[]) => {
    const found = find(key);
    if (found !== undefined) return valueIn(found);
    if (others.length > 0) return others[0];
    throw missing(key);
  });
  liquid.registerFilter("text", (key: unknown) => {
    const found = find(key);
    if (found === undefined) throw missing(key);
    return decodeText(found.bytes);
  });
  liquid.registerFilter("keys", (prefix: unknown) => documents?.keys(String(prefix)) ?? []);
  const parsed = named(file, (): Parsed[] => liquid.parse(text, file));
  return {
    render(now) {
      documents = now;
      return named(file, () => String(liquid.renderSync(parsed)));
    },
  };
}

function named<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : thrownText(cause);
    // The library ends its sentence with the place, which stands before it here.
    const what = said.replace(/, (file|line):.*$/s, "");
    throw new Failure(EXIT.refused, `${file}${placeOf(cause)}: ${what}`, { cause, code: "template_failed" });
  }
}

function placeOf(error: unknown): string {
  if (!LiquidError.is(error)) return "";
  const [line] = error.token.getPosition();
  return `:${line}`;
}
