/** What kind of host this is, as far as components have to know. */
import { HOST_PARKS_VARIABLE } from "../core/waiting.ts";
import type { World } from "./world.ts";

/** One of Ledge's own: it takes waits over, and has looked at the bucket before it served. Else Spin, which does neither. */
export function hostParks({ variable }: World): boolean {
  return variable(HOST_PARKS_VARIABLE) === "true";
}
