/** The key that a route names: in the path, or exactly in `?key=`, but not in both. */
import { judgeKey, parsePathKey } from "../core/key.ts";
import { type Outcome, refuse } from "../core/refusal.ts";

/** `path` is what stands behind the namespace's slash, `parameter` is `?key=` decoded. */
export function parseDocumentKey(path: string, parameter: string | undefined): Outcome<string> {
  if (parameter !== undefined) {
    return path === ""
      ? judgeKey(parameter)
      : refuse("bad_parameter", "Name the key in the path or in ?key=, not in both.");
  }
  if (path === "") return refuse("bad_parameter", "Name a key with ?key=; GET /v1/list shows what there is.");
  return parsePathKey(path);
}
