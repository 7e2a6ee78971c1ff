/** The day on which a token was last used: noticed by the host, put down by the tick, shown by the list of tokens. */
import { beforeAll, describe, expect, test } from "vitest";
import { TokensPage } from "../../../lib/api/admin-answers.ts";
import { formatToken } from "../../../lib/core/token.ts";
import { TELL_USED } from "../../../lib/core/tokens-used.ts";
import { LastUsed } from "../../../programs/host/front/last-used.ts";
import { begin } from "../../../testkit/backup.ts";
import { buildFor, LEDGE_MANIFEST } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { giveToken, tokenOf } from "../../../testkit/proposals.ts";
import { openServedStore } from "../../../testkit/served-store.ts";

const secret = (letter: string) => formatToken(tokenOf(letter));
const bearer = (letter: string) => `Bearer ${secret(letter)}`;
const DAY_MS = 86_400_000;

describe("LastUsed", () => {
  test("notes a token once a day, and what was told is not told again", () => {
    const clock = { ms: Date.parse("2026-11-29T23:59:59.999Z") };
    const used = new LastUsed(() => clock.ms);
    for (const token of [secret("b"), undefined, secret("b"), "nothing", secret("c")]) used.note(token);
    const [b, c] = ["b", "c"].map((letter) => tokenOf(letter).accessor);
    const days = used.untold();
    expect(days).toEqual([
      [b, "2026-11-29"],
      [c, "2026-11-29"],
    ]);
    clock.ms += 1;
    used.note(secret("c"));
    used.told(days);
    expect(used.untold()).toEqual([[c, "2026-11-30"]]);
    used.told(used.untold());
    used.note(secret("c"));
    expect(used.untold()).toEqual([]);
    clock.ms -= DAY_MS;
    used.note(secret("c"));
    expect(used.untold()).toEqual([[c, "2026-11-29"]]);
  });

  test("remembers a bounded number of tokens", () => {
    const used = new LastUsed();
    const accessor = (at: number) =>
      at.toString(32).padStart(12, "a").replace(/[01]/g, "z").replace(/[89]/g, "y");
    const { secret } = tokenOf("b");
    for (let at = 0; at < 10_100; at += 1) used.note(formatToken({ accessor: accessor(at), secret }));
    expect(used.untold().length).toBeLessThanOrEqual(10_000);
  });
});

const engines = [
  { name: "Wasm", options: () => ({}) },
  { name: "native", options: () => ({ engine: testNativeEngine() }) },
];

beforeAll(() => buildFor(LEDGE_MANIFEST));

describe.each(engines)("on the engine $name", ({ options }) => {
  test("the tick puts down who was accepted, and no read or refusal does", async () => {
    const { db, host } = await openServedStore(
      (store) => {
        begin(store);
        for (const letter of ["b", "c"])
          giveToken(store, tokenOf(letter), ["read", "admin"], { namespace: "shop", scope: "" });
      },
      { ...options(), tellUsed: TELL_USED },
    );
    const ask = async (path: string, letter: string, method = "GET") => {
      const answer = await fetch(`${host.url}${path}`, {
        method,
        headers: { authorization: bearer(letter) },
      });
      return { status: answer.status, json: answer.status === 200 ? await answer.json() : undefined };
    };
    const rows = () => db.all("select value from operation where name='tokens-used'");
    const before = new Date().toISOString().slice(0, 10);
    expect((await ask("/v1/whoami", "b")).status).toBe(200);
    expect((await ask("/v1/whoami", "d")).status).toBe(401);
    expect((await ask("/v1/list/far", "c")).status).toBe(403);
    expect((await ask("/healthz", "c")).status).toBe(200);
    expect((await ask("/v1/whoami", "c", "OPTIONS")).status).toBe(204);
    expect((await ask(TELL_USED.path, "b", "POST")).status).toBe(404);
    expect(rows()).toEqual([]);
    await host.tick(TELL_USED.component);
    const today = new Date().toISOString().slice(0, 10);
    const [[value = "{}"] = []] = rows();
    const days: Record<string, string> = JSON.parse(String(value));
    expect(Object.keys(days)).toEqual([tokenOf("b").accessor]);
    expect([before, today]).toContain(days[tokenOf("b").accessor]);
    const { json } = await ask("/v1/admin/tokens", "b");
    const shown = TokensPage.parse(json).tokens.map(({ accessor, lastUsed }) => [accessor, lastUsed]);
    expect(Object.fromEntries(shown)).toEqual({ [tokenOf("b").accessor]: days[tokenOf("b").accessor] });
  });

  test("a stream of events counts while it is open", async () => {
    const { db, host } = await openServedStore(
      (store) => {
        begin(store);
        giveToken(store, tokenOf("b"), ["read"], { namespace: "shop", scope: "" });
      },
      { ...options(), tellUsed: TELL_USED },
    );
    const gone = new AbortController();
    const headers = { authorization: bearer("b"), accept: "text/event-stream" };
    const stream = await fetch(`${host.url}/v1/changes?since=0`, { headers, signal: gone.signal });
    expect(stream.status).toBe(200);
    const rows = () => db.all("select 1 from operation where name='tokens-used'");
    await expect
      .poll(async () => {
        await host.tick(TELL_USED.component);
        return rows();
      })
      .toEqual([[1]]);
    gone.abort();
  });
});
