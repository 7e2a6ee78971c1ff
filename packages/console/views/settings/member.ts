/** Members of a setting by their JSON pointers. Their names hold no `/` and no `~`. */
import { isObject, type Members } from "../../../../lib/core/json-object.ts";

/** What stands at a pointer. */
export function memberAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const name of pointer.split("/").slice(1)) at = isObject(at) ? at[name] : undefined;
  return at;
}

/** With another member there; undefined takes it away, and with it what is then empty. */
export function withMember(value: Members, pointer: string, member: unknown): Members {
  const [name = "", ...rest] = pointer.split("/").slice(1);
  const own = value[name];
  const next =
    rest.length === 0 ? member : withMember(isObject(own) ? own : {}, `/${rest.join("/")}`, member);
  const gone = next === undefined || (isObject(next) && Object.keys(next).length === 0);
  const { [name]: _, ...others } = value;
  // In its place, so that the JSON moves as little as it can.
  return gone ? others : { ...value, [name]: next };
}
