/** The variable `console`: "off" takes the console away, and nothing else. */
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import type { World } from "../../lib/http/world.ts";

/** Undefined where it is on, which it is unless somebody has said otherwise. */
export function judgeSwitchedOn({
  world,
}: {
  world: Pick<World, "variable">;
}): Refusal<"no_route"> | undefined {
  return (world.variable("console") ?? "").trim() === "off"
    ? refuse(
        "no_route",
        "The console is switched off here (the variable console). GET /openapi.json lists the API.",
      )
    : undefined;
}
