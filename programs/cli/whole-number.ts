/** An option that takes a whole number, such as a revision. Undefined stays so; anything else is refused by name. */
import { EXIT, Failure } from "./failure.ts";

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Failure(EXIT.usage, `${name} takes a whole number`);
  return Number(text);
}
