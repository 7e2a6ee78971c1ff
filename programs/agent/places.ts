/** Which namespace a request is about, and so which lane answers it. */
import { namespaceOfSetting } from "../../lib/core/grant.ts";
import { SYSTEM } from "../../lib/core/namespace.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { edgeKey } from "../../lib/core/rollout/documents.ts";

/**
 * The namespace; a refusal where it is about several at once, of which each is at a revision of its own here. What is
 * malformed is left to the handler, on any lane.
 */
export function namespaceOf(uri: string, followed: readonly string[]): string | Refusal<"bad_parameter"> {
  const [path = "", queryText = ""] = uri.split("?", 2);
  const query = new URLSearchParams(queryText);
  const [, , route = "", name = "", ...rest] = path.split("/");
  if (route === "diff") return name;
  if (route === "read" || route === "list") {
    if (name !== SYSTEM) return name;
    const key = query.get("key") ?? query.get("prefix") ?? rest.map(decoded).join("/");
    // What is known of edges is known of them to every lane.
    if (key.startsWith(edgeKey("")) && followed[0] !== undefined) return followed[0];
    return namespaceOfSetting(key) ?? refuse("bad_parameter", OF_ONE);
  }
  const names = (query.get("ns") ?? "").split(",").filter((one) => one !== "" && one !== SYSTEM);
  const [only] = names.length > 0 ? names : followed.length === 1 || route !== "changes" ? followed : [];
  return only !== undefined && names.length <= 1 ? only : refuse("bad_parameter", ONE_FEED);
}

const OF_ONE =
  "An agent has the settings of the namespaces that it follows. Name one: key=schema/NAMESPACE/… or prefix=schema/NAMESPACE/.";
const ONE_FEED =
  "Each namespace is at a revision of its own here: follow one in a request, with ns=NAMESPACE.";

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
