/** `ledge token`: the secret is made here and shown once; only its digest travels. */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { Token } from "../../../lib/api/admin-answers.ts";
import { Whoami } from "../../../lib/api/document-answers.ts";
import { type Grant, VERBS } from "../../../lib/core/grant.ts";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { requireYes } from "../ask.ts";
import { shellWord } from "../called.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { parseComing, parseSpan } from "../moment.ts";
import { printJson, say, sayDone, sayWarning } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { formatGrant, oddities, parseGrant } from "../tokens/grants.ts";
import { revokeGroup } from "../tokens/group.ts";
import { keepRotated, type TokenPlaces } from "../tokens/keep-rotated.ts";
import { listTokens, printTokens } from "../tokens/list.ts";
import { findNamespace } from "./ns.ts";

interface CreateOptions {
  readonly grant: readonly Grant[];
  readonly expires?: string;
}

interface RevokeOptions {
  readonly children?: true;
  readonly group?: string;
  readonly yes?: true;
}

const GRANTS_HELP = `
A grant is VERBS:NAMESPACE[/SCOPE]. The verbs: ${VERBS.join(", ")}.
The namespace is a name, or * for all of them. The scope is one whole key, or a prefix that ends in /.
  -g read,write:shop-prod/limits/     everything below limits/ in shop-prod
  -g read:'*' -g backup:'*'           two grants: give -g again
`;

export function addToken(program: Command, client: () => Client, places: TokenPlaces): Command {
  const token = program.command("token").description("tokens: list, make, rotate and revoke them");
  token
    .command("ls")
    .description("list tokens, revoked ones too")
    .argument("[name]", "only those whose names begin so, such as ci/")
    .addOption(outputOption(["table", "json"]))
    .action(async (name: string | undefined, { output }: { output: string }) => {
      const tokens = await listTokens(client(), name);
      if (output === "json") printJson(tokens);
      else printTokens(tokens);
    });
  token
    .command("create")
    .description("make a token and print it; it is shown this once")
    .argument("<name>", "who or what will use it")
    .requiredOption(
      "-g, --grant <verbs:namespace[/scope]>",
      "for example read,write:shop-prod/limits/ (may be given again)",
      (value: string, before: Grant[] = []) => [...before, parseGrant(value)],
    )
    .option("--expires <when>", "a date (2027-01-01), a moment (2027-01-01T00:00:00Z) or a span (90d)")
    .addHelpText("after", GRANTS_HELP)
    .action(async (name: string, options: CreateOptions) => create(client(), name, options));
  token
    .command("rotate")
    .description("give a token another secret and print it; the old one ends at once, or after --overlap")
    .argument("<accessor>", "the twelve characters after ldg_")
    .option(
      "--overlap <span>",
      "let the old one work for so long yet, such as 1h; the new one has an accessor of its own",
    )
    .action(async (accessor: string, options: { overlap?: string }) => {
      const token = await rotate(client(), accessor, options);
      keepRotated(accessor, token, places);
    });
  token
    .command("revoke")
    .description("end a token at once, or a group of them in one commit")
    .argument("[accessor]", "the twelve characters after ldg_")
    .option("--children", "end the tokens that come from it, too")
    .option("--group <name>", "end all whose names begin so, such as ci/")
    .option("-y, --yes", "do not ask about a group, nor about the token that this command uses")
    .action(async (accessor: string | undefined, options: RevokeOptions) => {
      const { group } = options;
      if ((accessor === undefined) === (group === undefined))
        throw new Failure(EXIT.usage, "say an accessor, or --group with what the names begin with");
      if (group !== undefined && options.children)
        throw new Failure(EXIT.usage, "--children goes with an accessor and not with --group");
      if (group !== undefined) return revokeGroup(client(), group, options);
      return revoke(client(), accessor ?? "", options);
    });
  return token;
}

async function revoke(
  client: Client,
  accessor: string,
  { children: all, yes }: RevokeOptions,
): Promise<void> {
  if (yes !== true) await askForOwn(client, accessor);
  const before = await findToken(client, accessor);
  const query = all ? { children: "revoke" } : {};
  const { children = 0 } = await client
    .json(Token, "DELETE", pathOf(accessor), { query, what: `token ${accessor}` })
    .catch((error: unknown) => explainAbsent(error, client, accessor));
  sayDone(
    before?.revoked === undefined
      ? `token ${accessor} is revoked`
      : `token ${accessor} (${before.name}) was revoked before, at ${before.revoked}`,
  );
  if (children === 0) return;
  const tokens = children === 1 ? "1 token that comes" : `${children} tokens that come`;
  if (all) sayDone(`${tokens} from it revoked too`);
  else say(`${tokens} from it live on; end them too: \`ledge token revoke ${accessor} --children\``);
}

/** Whoever revokes the token that they use has none here afterwards. */
async function askForOwn(client: Client, accessor: string): Promise<void> {
  const me = await client.json(Whoami, "GET", "/v1/whoami");
  if (me.accessor !== accessor) return;
  await requireYes(`This is the token that you use (${me.name}); without it you have none here. Revoke it?`, {
    flag: "--yes",
  });
}

async function create(
  client: Client,
  name: string,
  { grant: grants, expires }: CreateOptions,
): Promise<void> {
  const ends = expires === undefined ? {} : { expires: parseComing("--expires", expires, Date.now()) };
  const exists = (namespace: string) => isThere(client, namespace);
  const odd = await Promise.all(grants.map((grant) => oddities(grant, exists)));
  for (const line of new Set(odd.flat())) sayWarning(line);
  const made = newToken((length) => randomBytes(length));
  const body = { name, accessor: made.accessor, digest: secretDigest(made.secret), grants, ...ends };
  await client.json(Token, "POST", "/v1/admin/tokens", {
    body: JSON.stringify(body),
    nameOf: (pointer) => placeOf(pointer, grants),
  });
  const until = ends.expires === undefined ? "" : `, until ${ends.expires}`;
  say(`token ${made.accessor} for ${name}${until}; keep it now, it is not shown again:`);
  process.stdout.write(`${formatToken(made)}\n`);
}

/** Undefined where the token may not know. */
async function isThere(client: Client, namespace: string): Promise<boolean | undefined> {
  try {
    return (await findNamespace(client, namespace)) !== undefined;
  } catch (error) {
    if (error instanceof Failure && (error.exit === EXIT.auth || error.exit === EXIT.usage)) return undefined;
    throw error;
  }
}

function placeOf(pointer: string, grants: readonly Grant[]): string | undefined {
  const [, member = "", index = ""] = pointer.split("/");
  const grant = member === "grants" ? grants[Number(index)] : undefined;
  if (grant !== undefined) return `-g ${formatGrant(grant)}`;
  return { name: "the name", expires: "--expires" }[member];
}

/** Prints the new token, and gives it. */
async function rotate(client: Client, accessor: string, { overlap }: { overlap?: string }): Promise<string> {
  const made = newToken((length) => randomBytes(length));
  const seconds = overlap === undefined ? undefined : parseSpan("--overlap", overlap) / 1000;
  const next = seconds === undefined ? { accessor, secret: made.secret } : made;
  const body = {
    digest: secretDigest(next.secret),
    ...(seconds === undefined ? {} : { overlap: { accessor: next.accessor, seconds } }),
  };
  const { name, expires } = await client
    .json(Token, "POST", `${pathOf(accessor)}/rotate`, {
      body: JSON.stringify(body),
      what: `token ${accessor}`,
      nameOf: (pointer) => (pointer === "/overlap/seconds" ? "--overlap" : undefined),
    })
    .catch((error: unknown) => explainAbsent(error, client, accessor));
  if (seconds !== undefined)
    say(`token ${accessor} for ${name} ends in ${overlap}; ${next.accessor} follows it.`);
  const until = expires === undefined ? "" : `, until ${expires}`;
  say(`the new secret of ${name}${until}; keep it now, it is not shown again:`);
  process.stdout.write(`${formatToken(next)}\n`);
  return formatToken(next);
}

/**
 * A revoked token is there, and stays so: what it was refused for is not that there is none. Where there is none, a name
 * may have been typed in place of an accessor. Always throws.
 */
async function explainAbsent(error: unknown, client: Client, accessor: string): Promise<never> {
  if (!(error instanceof Failure) || error.code !== "not_found") throw error;
  const token = await findToken(client, accessor);
  const { exit, code, message } = error;
  if (token?.revoked === undefined)
    throw new Failure(exit, message, {
      code,
      hint: `it takes an accessor; \`ledge token ls ${shellWord(accessor)}\` shows those of tokens whose names begin so`,
    });
  throw new Failure(
    exit,
    `token ${accessor} (${token.name}) is revoked since ${token.revoked}, and stays so`,
    {
      code,
      hint: "make another one with `ledge token create NAME -g GRANT`",
    },
  );
}

/** Undefined where there is none, or where this token may not know. */
async function findToken(client: Client, accessor: string): Promise<Token | undefined> {
  try {
    return await client.json(Token, "GET", pathOf(accessor));
  } catch (error) {
    if (error instanceof Failure && (error.exit === EXIT.absent || error.exit === EXIT.auth))
      return undefined;
    throw error;
  }
}

function pathOf(accessor: string): string {
  return pathTo`/v1/admin/tokens/${accessor}`;
}
