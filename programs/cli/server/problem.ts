/**
 * A server's refusal in the words of the command line. The interface speaks of headers and JSON pointers; whoever
 * typed a command is told of flags and names. Each sentence is said once.
 */
import type { ErrorCause, LedgeError } from "../../../packages/client/index.ts";
import { exitFor, Failure } from "../failure.ts";
import { flagOfMember, inFlagWords } from "./flag-words.ts";

/** What the request was about, for people. */
interface Asked {
  readonly server: string;
  /** Where the token came from; undefined when there was none. */
  readonly tokenFrom: string | undefined;
  /** The thing that was asked for, such as `demo/limits/api`. */
  readonly what?: string | undefined;
  /** The server's own words fit better than ours, which are those of a write. */
  readonly asServerSays?: boolean | undefined;
  /** What a place in the body is called on the command line. */
  nameOf?(pointer: string): string | undefined;
}

const CAUSES_SHOWN = 5;

export const IF_TAKES =
  "--if takes an ETag such as '\"43-9f3c21aa\"', `any` for whatever is there, or `absent` for nothing there";

/** Why a command ends that was refused, or that got an answer of somebody else. */
export function failureOfRefusal(refusal: LedgeError, asked: Asked): Failure {
  const { code, status } = refusal;
  if (code === "bad_answer")
    return new Failure(
      exitFor(status, undefined),
      `${asked.server} answered ${status}, and not as Ledge does`,
      {
        hint: "look at the address: is a Ledge server there?",
      },
    );
  const known = asked.asServerSays !== true && Object.hasOwn(WORDS, code);
  const words = known ? (WORDS[code]?.(asked, refusal) ?? {}) : {};
  const message = withCauses(words.message ?? inFlagWords(refusal.message), refusal, asked);
  return new Failure(exitFor(status, code), message, { code, hint: words.hint });
}

/** The sentence and each cause that says more; a sentence that only repeats its causes is left out. */
function withCauses(said: string, { code, causes, message }: LedgeError, { nameOf }: Asked): string {
  const placed = causes.filter(({ pointer }) => pointer !== "" || BY_SCHEMA.includes(code));
  const lines = placed.map(({ pointer, detail: why, namespace, key }: ErrorCause) => {
    const place =
      key === undefined ? (nameOf?.(pointer) ?? flagOfMember(pointer) ?? pointer) : `${namespace}/${key}`;
    if (place === "") return why ?? "";
    return why === undefined || why === message ? `at ${place}` : `${place}: ${why}`;
  });
  const [first] = placed;
  const repeats = first !== undefined && first.pointer !== "" && said.startsWith(`${first.pointer}: `);
  const shown = [...new Set(lines)];
  const rest = shown.length > CAUSES_SHOWN ? [`and ${shown.length - CAUSES_SHOWN} more`] : [];
  return [...(repeats ? [] : [said]), ...shown.slice(0, CAUSES_SHOWN), ...rest].join("\n  ");
}

/** What is wrong with a value stands in its causes alone. */
const BY_SCHEMA: readonly string[] = ["schema_violation", "schema_conflict", "schema_too_costly"];

type Words = { readonly message?: string; readonly hint?: string };

const absent = ({ what }: Asked): Words => (what === undefined ? {} : { message: `there is no ${what}` });
const badToken = ({ server, tokenFrom }: Asked): Words => ({
  hint: `it came from ${tokenFrom ?? "nowhere"}; \`ledge login ${server}\` stores another`,
});

/** What to do where a policy stands in the way. */
const POLICY_HINTS: Readonly<Record<string, string>> = {
  policy_violation:
    "make it in smaller parts, or say why it must be: --override REASON, kept with the commit",
  frozen: "wait, or say why it must be now: --override REASON, kept with the commit",
  override_required:
    "make it smaller, or wait until a freeze is over, or ask whoever may override there; `ledge whoami` shows what you may do",
};
const policyHint = (code: string) => (): Words => ({ hint: POLICY_HINTS[code] ?? "" });

/** The same of a refusal in a plan; `sentence` is there where the interface's own speaks of headers and bodies. */
export const PLAN_WORDS: Readonly<Record<string, { readonly sentence?: string; readonly hint: string }>> = {
  ...Object.fromEntries(Object.entries(POLICY_HINTS).map(([code, hint]) => [code, { hint }])),
  message_required: {
    sentence: "The namespace demands a message with every change.",
    hint: "say why with -m 'why'",
  },
  precondition_required: {
    sentence: "It is there already.",
    hint: "name what you replace with --if ETAG, or say that you do not care with --if any",
  },
  stale: { hint: "plan again: something was changed meanwhile" },
};

/** By code, where the interface's own words name what a command line does not have. */
const WORDS: Readonly<Record<string, (asked: Asked, refusal: LedgeError) => Words>> = {
  unauthenticated: ({ server }) => ({
    message: `this needs a token, and none is stored for ${server}`,
    hint: `store one with \`ledge login ${server}\`, or set LEDGE_TOKEN, or name a file with --token-file`,
  }),
  bad_token: badToken,
  token_expired: badToken,
  forbidden: ({ what }, refusal) => ({
    // The server's sentence names the verb that is missing.
    message: `the token has no grant for ${what ?? "this"}\n${refusal.message}`,
    hint: "`ledge whoami` shows what it may do",
  }),
  not_found: absent,
  namespace_not_found: () => ({ hint: "`ledge ns ls` lists them, `ledge ns put NAME` makes one" }),
  message_required: () => ({
    message: "the namespace demands a message with every change",
    hint: "say why with -m 'why'",
  }),
  read_only: () => ({
    message: "the store takes no writes; reads go on",
    hint: "`ledge status` says why; `ledge mode open` ends read-only mode, `ledge backup adopt` a stop",
  }),
  precondition_required: ({ what }) => ({
    message: `${what ?? "a document"} is there already`,
    hint: "name what you replace with --if ETAG, or say that you do not care with --if any",
  }),
  exists: ({ what }) => ({ message: `${what ?? "a document"} is there already` }),
  stale: ({ what }) => ({
    message:
      what === undefined ? "a document has changed since it was read" : `${what} is not what --if names`,
    hint: "look at it again with `ledge get NAMESPACE/KEY -o json`, then name its ETag",
  }),
  bad_header: () => ({ message: IF_TAKES, hint: "`ledge get NAMESPACE/KEY -o json` shows the ETag" }),
  outcome_unknown: () => ({
    message: "whether the change was made is not known",
    hint: "look at it before you say the same again",
  }),
  policy_violation: policyHint("policy_violation"),
  frozen: policyHint("frozen"),
  override_required: policyHint("override_required"),
  bucket_not_set: () => ({ hint: "set the variables bucket_endpoint and bucket_name (docs/settings.md)" }),
  bootstrap_refused: () => ({
    message: "the server takes no first token: its bootstrap secret is another one, or none is set",
    hint: "it is the server's variable bootstrap_secret, at least 32 characters",
  }),
  recovery_refused: () => ({
    message:
      "the server makes no recovery token: its recovery secret is another one, or none is set, or it never had a token",
    hint: "it is the server's variable recovery_secret, at least 32 characters; `ledge bootstrap` makes a first token",
  }),
  recovery_active: () => ({
    message: "a recovery token of this server lives already",
    hint: "use that one, or ask again when its hour is over",
  }),
  bootstrap_done: ({ server }) => ({
    message: "the server has had its first token",
    hint: `ask its holder for one, then \`ledge login ${server}\`; on its machine, \`ledge token reset --data DIR\`; with its recovery secret, \`ledge recover ${server}\``,
  }),
};
