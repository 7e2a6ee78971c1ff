/** Follows the store, so that views which show the present state look again when it moves. */
import type { FeedPage, Lineage } from "../../../lib/api/document-answers.ts";
import { later } from "../../client/later.ts";
import { read, server } from "./server.ts";
import { lookMode, noteSignedOut, whoami } from "./session.ts";
import { head, moves, online } from "./standing.ts";

const WAIT_S = 25;
/** Where the server does not let a request wait, or does not answer. */
const PAUSE_MS = 3000;

/** Goes on until the page closes, while somebody is signed in. */
export async function followHead(): Promise<void> {
  for (;;) {
    const before = Date.now();
    const looks = !document.hidden && Boolean(whoami.value);
    if (looks) await look();
    if (!looks || Date.now() - before < PAUSE_MS) await later(PAUSE_MS);
  }
}

async function look(): Promise<void> {
  try {
    const before = head.value;
    head.value = before === 0 ? (await read<Lineage>("/v1/lineage")).head : await moved(before);
    if (before !== 0 && before !== head.value) moves.value += 1;
    await lookMode();
    // Who could not be asked may have missed something.
    if (!online.value) moves.value += 1;
    online.value = true;
  } catch (error) {
    noteSignedOut(error);
    online.value = false;
    // Perhaps another history answers now.
    head.value = 0;
  }
}

async function moved(since: number): Promise<number> {
  const query = { since, limit: 1, values: "none" };
  const page = await server.json<FeedPage>({
    method: "GET",
    path: "/v1/changes",
    query,
    waitSeconds: WAIT_S,
  });
  return page.head;
}
