/** An option that takes a whole number, such as a revision, from `least` on. Undefined stays so; anything else is refused by name. */
import { EXIT, Failure } from "./failure.ts";

export function wholeNumber(name: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new Failure(EXIT.usage, `${name} takes a whole number${least === 0 ? "" : ` from ${least}`}`);
  return Number(text);
}
