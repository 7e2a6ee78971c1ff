/**
 * Whether a document looks as if it held a secret: by the name of a key or a member, or by what well-known keys look like.
 * Configuration holds references to secrets, so a name whose value is a reference is none.
 */

const NAME =
  /(?:^|[^a-z])(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:private|secret|access|api|signing|encryption)[-_. ]?key)s?$/i;
/** PEM blocks, and the ids and tokens that AWS, GitHub, Slack, Stripe and Ledge give out. */
const KNOWN =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10}|\bsk_live_[A-Za-z0-9]{16}|\bldg_[a-z2-7]{12}_[A-Za-z0-9]{49}\b/;
/** `${…}`, `{{…}}`, `vault:…`, `arn:…`, an address or a path: where the secret is, and not the secret. */
const REFERENCE = /^(?:\$|\{\{|<|[a-z][a-z0-9+.-]*:|\.{0,2}\/)/i;
/** `name: value` or `name=value` at the start of a line, as YAML, TOML, properties and .env have it. */
const LINE = /^[ \t]*(?:export +)?["']?([A-Za-z0-9_.-]{1,100})["']?[ \t]*[:=][ \t]*["']?([^\s"'#]+)/gm;
const MEMBERS_MAX = 10_000;

/** The name that gives it away, or what kind of secret it is; undefined when nothing does. `json` is the parsed text. */
export function findSecret(key: string, text: string, json: unknown): string | undefined {
  if (KNOWN.test(text)) return "a key or token of a well-known form";
  const name = key.slice(key.lastIndexOf("/") + 1);
  if (json === undefined) {
    if (looksNamed(name, text.trim())) return name;
    for (const [, member = "", value = ""] of text.matchAll(LINE))
      if (looksNamed(member, value)) return member;
    return undefined;
  }
  return looksNamed(name, json) ? name : findMember(json);
}

/** Breadth first, so that a large document costs no more than so many members. */
function findMember(json: unknown): string | undefined {
  const waiting: unknown[] = [json];
  for (let at = 0; at < waiting.length && at < MEMBERS_MAX; at += 1) {
    const value = waiting[at];
    if (typeof value !== "object" || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (looksNamed(name, inner)) return name;
      if (waiting.length < MEMBERS_MAX) waiting.push(inner);
    }
  }
  return undefined;
}

function looksNamed(name: string, value: unknown): boolean {
  if (typeof value !== "string" || value === "" || value.includes("\n")) return false;
  // `apiKey` and `API_KEY` are read as words of one form.
  return NAME.test(name.replace(/([a-z])([A-Z])/g, "$1-$2")) && !REFERENCE.test(value);
}
