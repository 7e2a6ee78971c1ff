/** `ledge token`: the secret is made here and shown once; only its digest travels. */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { Token, TokensPage } from "../../../lib/api/admin-answers.ts";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, printTable, say, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";

interface CreateOptions {
  readonly grant: readonly string[];
  readonly expires?: string;
}

export function addToken(program: Command, client: () => Client): void {
  const token = program.command("token").description("tokens: list, make and revoke them");
  token
    .command("ls")
    .description("list tokens, revoked ones too")
    .addOption(outputOption(["table", "json"]))
    .action(async (options: { output: string }) => list(client(), options.output));
  token
    .command("create")
    .description("make a token and print it; it is shown this once")
    .argument("<name>", "who or what will use it")
    .requiredOption(
      "-g, --grant <verbs:namespace[/scope]>",
      "for example read,write:shop-prod/limits/ (may be given again)",
      (value: string, before: string[] = []) => [...before, value],
    )
    .option("--expires <time>", "ISO 8601, for example 2027-01-01T00:00:00Z")
    .action(async (name: string, options: CreateOptions) => create(client(), name, options));
  token
    .command("revoke")
    .description("end a token at once")
    .argument("<accessor>", "the twelve characters after ldg_")
    .option("--children", "end the tokens that come from it, too")
    .action(async (accessor: string, options: { children?: true }) => revoke(client(), accessor, options));
}

async function list(client: Client, output: string): Promise<void> {
  const all: Token[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.json(TokensPage, "GET", "/v1/admin/tokens", { query: { cursor } });
    all.push(...page.tokens);
    cursor = page.next;
  } while (cursor !== undefined);
  if (output === "json") return printJson(all);
  const grantsOf = (one: Token) =>
    one.grants
      .map((grant) => `${grant.verbs.join(",")}:${grant.namespace}${grant.scope ? `/${grant.scope}` : ""}`)
      .join(" ");
  printTable(
    ["ACCESSOR", "NAME", "STATE", "EXPIRES", "GRANTS"],
    all.map((one) => [
      one.accessor,
      one.name,
      one.revoked ? "revoked" : "live",
      one.expires ?? "never",
      grantsOf(one),
    ]),
  );
}

async function revoke(
  client: Client,
  accessor: string,
  { children: all }: { children?: true },
): Promise<void> {
  const query = all ? { children: "revoke" } : {};
  const path = `/v1/admin/tokens/${encodeURIComponent(accessor)}`;
  const { children = 0 } = await client.json(Token, "DELETE", path, { query });
  sayDone(`token ${accessor} is revoked`);
  if (children === 0) return;
  const tokens = children === 1 ? "1 token that comes" : `${children} tokens that come`;
  if (all) sayDone(`${tokens} from it revoked too`);
  else say(`${tokens} from it live on; end them too: ledge token revoke ${accessor} --children`);
}

async function create(client: Client, name: string, options: CreateOptions): Promise<void> {
  const made = newToken((length) => randomBytes(length));
  const body = {
    name,
    accessor: made.accessor,
    digest: secretDigest(made.secret),
    grants: options.grant.map(parseGrant),
    ...(options.expires === undefined ? {} : { expires: options.expires }),
  };
  await client.json(Token, "POST", "/v1/admin/tokens", { body: JSON.stringify(body) });
  say(`token ${made.accessor} for ${name}; keep it now, it is not shown again:`);
  process.stdout.write(`${formatToken(made)}\n`);
}

/** `read,write:shop-prod/limits/`: verbs, namespace, and what follows the first slash as scope. */
function parseGrant(text: string): { verbs: string[]; namespace: string; scope: string } {
  const match = /^([a-z,]+):([^/]+)(?:\/(.*))?$/s.exec(text);
  if (match === null) throw new Failure(EXIT.usage, `--grant ${text} is not VERBS:NAMESPACE[/SCOPE]`);
  return { verbs: (match[1] ?? "").split(","), namespace: match[2] ?? "", scope: match[3] ?? "" };
}
