/**
 * What a comparison names: `NAMESPACE[@WHEN][/PREFIX]`. No namespace has an `@` in it and no moment a `/`, so keys may
 * hold both.
 */
import { InvalidArgumentError } from "commander";
import { parsePlace } from "../target.ts";

export interface ComparedPlace {
  readonly namespace: string;
  /** As it was typed; undefined for now. */
  readonly when: string | undefined;
  readonly prefix: string;
}

export function parseCompared(text: string): ComparedPlace {
  const { namespace: name, key: prefix } = parsePlace(text);
  const at = name.indexOf("@");
  if (at < 0) return { namespace: name, when: undefined, prefix };
  if (at === 0 || at === name.length - 1)
    throw new InvalidArgumentError("name a state as NAMESPACE@WHEN, such as demo@1h or demo@42");
  return { namespace: name.slice(0, at), when: name.slice(at + 1), prefix };
}
