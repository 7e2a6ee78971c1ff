/** Whether a namespace is there, as far as a token may know. Where the past shows nothing, that is what a person asks. */

import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";

/** Undefined for a token that may not read there. */
export async function isKnownNamespace(client: Client, name: string): Promise<boolean | undefined> {
  try {
    await askFor(client, name);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.exit === EXIT.auth) return undefined;
    if (error.exit === EXIT.absent) return false;
    throw error;
  }
}

/** Rejects with the server's refusal of a namespace that is not there. */
export async function requireKnownNamespace(client: Client, name: string): Promise<void> {
  await askFor(client, name).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.exit !== EXIT.auth) throw error;
  });
}

/** A list is what a token that may read anything there may ask for. */
async function askFor(client: Client, name: string): Promise<void> {
  await client.request("GET", pathTo`/v1/list/${name}`, { query: { limit: 1 } });
}
