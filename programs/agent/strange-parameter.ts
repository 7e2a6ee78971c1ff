/** Parameters of an agent's own routes: what is not known is refused by name, as the origin does it. */
import { type Refusal, refuse } from "../../lib/core/refusal.ts";

export function strangeParameter(
  uri: string,
  known: readonly string[],
): Refusal<"unknown_parameter"> | undefined {
  const names = [...new URLSearchParams(uri.split("?", 2)[1] ?? "").keys()];
  const strange = names.find((name) => !known.includes(name));
  if (strange === undefined) return undefined;
  const takes = known.length === 0 ? "takes none" : `takes ${known.join(", ")}`;
  return refuse("unknown_parameter", `There is no parameter ${strange} here: this path ${takes}.`);
}
