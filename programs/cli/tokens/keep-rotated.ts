/** After a rotation: the new secret goes wherever the old one is stored here, so that the next command has one that works. */
import { join, resolve } from "node:path";
import { parseToken } from "../../../lib/core/token.ts";
import type { Connection, listContexts } from "../context.ts";
import { sayDone, sayWarning } from "../output.ts";
import { writeSecretFile } from "../secret-file.ts";
import { LOCAL, replaceToken } from "../stored-contexts.ts";

/** Where this command finds its tokens. */
export interface TokenPlaces {
  server(): Connection;
  list(): ReturnType<typeof listContexts>;
  dataDir(): string;
}

/**
 * Stores the new token of `accessor` in the data folder and in each context of this server that has the old one, and says
 * so. Of a place that is not ours to write (LEDGE_TOKEN, --token-file) it says that the token is to be replaced there.
 */
export function keepRotated(accessor: string, token: string, places: TokenPlaces): void {
  const isOld = (text: string | undefined) => parseToken(text ?? "")?.accessor === accessor;
  const used = places.server();
  const stored = places.list().contexts.filter((one) => one.url === used.url && isOld(one.token));
  for (const { name, tokenFrom } of stored) {
    if (name === LOCAL) writeSecretFile(join(places.dataDir(), "admin-token"), `${token}\n`);
    else replaceToken(name, token);
    sayDone(`${tokenFrom} holds the new one from now on`);
  }
  if (used.tokenFrom === undefined || !isOld(used.token)) return;
  const from = resolve(used.tokenFrom);
  if (!stored.some(({ tokenFrom = "" }) => resolve(tokenFrom) === from))
    sayWarning(`${used.tokenFrom} still holds the old one: replace it there`);
}
