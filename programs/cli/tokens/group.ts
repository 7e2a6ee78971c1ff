/** `ledge token revoke --group`: all tokens whose names begin alike, in one commit. */
import { TokensPage } from "../../../lib/api/admin-answers.ts";
import { Whoami } from "../../../lib/api/document-answers.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { say, sayDone } from "../output.ts";
import { listTokens, stateOf } from "./list.ts";

const NAMES_SHOWN = 10;

export async function revokeGroup(
  client: Client,
  name: string,
  { yes }: { readonly yes?: true },
): Promise<void> {
  if (name === "") throw new Failure(EXIT.usage, "--group says with what the names begin");
  if (yes !== true) await askFirst(client, name);
  const { tokens } = await client.json(TokensPage, "DELETE", "/v1/admin/tokens", { query: { name } });
  if (tokens.length === 0) return say(`no living token has a name that begins with ${name}`);
  for (const token of tokens) sayDone(`token ${token.accessor} (${token.name}) is revoked`);
}

async function askFirst(client: Client, name: string): Promise<void> {
  const living = (await listTokens(client, name)).filter((token) => stateOf(token) === "live");
  if (living.length === 0) return;
  const me = await client.json(Whoami, "GET", "/v1/whoami");
  const shown = living.slice(0, NAMES_SHOWN).map((token) => token.name);
  const others = living.length > NAMES_SHOWN ? ` and ${living.length - NAMES_SHOWN} more` : "";
  const own = living.some(({ accessor }) => accessor === me.accessor)
    ? ", the one that you use among them"
    : "";
  await requireYes(`Revoke ${living.length} tokens (${shown.join(", ")}${others}${own})?`, { flag: "--yes" });
}
