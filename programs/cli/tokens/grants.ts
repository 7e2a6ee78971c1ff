/** Grants as people write them, `read,write:shop-prod/limits/`, and what is odd about one that may be given. */
import { type Grant, VERBS, type Verb } from "../../../lib/core/grant.ts";
import { EXIT, Failure } from "../failure.ts";

/** Verbs that count only over every namespace: what they open belongs to the whole store. */
const EVERYWHERE: readonly Verb[] = ["backup", "status"];

/** Verbs, namespace, and what follows the first slash as scope. Refuses what is no grant, with the right spelling. */
export function parseGrant(text: string): Grant {
  const match = /^([^:]*):([^/]+)(?:\/(.*))?$/s.exec(text);
  if (match === null)
    throw new Failure(EXIT.usage, `--grant ${text} is not VERBS:NAMESPACE[/SCOPE]`, {
      hint: "for example -g read,write:shop-prod/limits/",
    });
  const [, words = "", namespace = "", scope = ""] = match;
  const grant = { verbs: words.split(",").map(parseVerb), namespace, scope };
  const several = splitGrants(text);
  if (several.length > 1)
    throw new Failure(EXIT.usage, `--grant ${text} holds ${several.length} grants`, {
      hint: `give each its own: ${several.map((one) => `-g ${one}`).join(" ")}`,
    });
  return grant;
}

function parseVerb(word: string): Verb {
  const verb = VERBS.find((known) => known === word);
  if (verb !== undefined) return verb;
  throw new Failure(EXIT.usage, `${word === "" ? "an empty word" : word} is not a verb of a grant`, {
    hint: `the verbs are ${VERBS.join(", ")}`,
  });
}

/** Cut at each comma of the first grant's place behind which verbs and a colon follow: there begins another grant. */
function splitGrants(text: string): string[] {
  const verb = `(?:${VERBS.join("|")})`;
  const place = text.indexOf(":") + 1;
  const cut = text.slice(place).replace(new RegExp(`,\\s*((?:${verb},)*${verb}:)`, "g"), "\n$1");
  return `${text.slice(0, place)}${cut}`.split("\n");
}

export function formatGrant({ verbs, namespace, scope }: Grant): string {
  return `${verbs.join(",")}:${namespace}${scope === "" ? "" : `/${scope}`}`;
}

/** What a person may have meant otherwise. `exists` says whether a namespace is there, as far as one may know. */
export async function oddities(
  grant: Grant,
  exists: (namespace: string) => Promise<boolean | undefined>,
): Promise<string[]> {
  const { verbs, namespace, scope } = grant;
  const said = formatGrant(grant);
  const narrow = verbs.filter((verb) => EVERYWHERE.includes(verb) && (namespace !== "*" || scope !== ""));
  return [
    // Of a report the scope names edges, and one site has one name.
    ...(scope !== "" && !scope.endsWith("/") && verbs.some((verb) => verb !== "report")
      ? [`${said} covers the one key ${scope}; for all that is below it write ${said}/`]
      : []),
    ...narrow.map((verb) => `${verb} counts only over every namespace: ${verb}:*`),
    ...(namespace !== "*" && (await exists(namespace)) === false
      ? [`there is no namespace ${namespace} yet`]
      : []),
  ];
}
