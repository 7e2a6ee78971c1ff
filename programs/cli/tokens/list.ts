/** The tokens that the caller may manage, as `ledge token ls` shows them. */
import { type Token, TokensPage } from "../../../lib/api/admin-answers.ts";
import { isExpired } from "../../../lib/core/token.ts";
import type { Client } from "../client.ts";
import { printTable } from "../table.ts";
import { formatGrant } from "./grants.ts";

/** All of them, or those whose names begin with `name`. */
export async function listTokens(client: Client, name: string | undefined): Promise<Token[]> {
  const all: Token[] = [];
  let cursor: string | undefined;
  do {
    const query = { name: name || undefined, cursor };
    const page = await client.json(TokensPage, "GET", "/v1/admin/tokens", { query });
    all.push(...page.tokens);
    cursor = page.next;
  } while (cursor !== undefined);
  return all;
}

export function printTokens(tokens: readonly Token[]): void {
  printTable(
    ["ACCESSOR", "NAME", "STATE", "EXPIRES", "LAST USED", "GRANTS"],
    tokens.map((one) => [
      one.accessor,
      one.name,
      stateOf(one),
      one.expires ?? "never",
      one.lastUsed ?? "not known",
      one.grants.map(formatGrant).join(" "),
    ]),
  );
}

/** Whether it works. */
export function stateOf({ revoked, expires }: Token): "live" | "expired" | "revoked" {
  if (revoked !== undefined) return "revoked";
  return expires !== undefined && isExpired(Date.parse(expires), Date.now()) ? "expired" : "live";
}
