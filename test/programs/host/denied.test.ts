import { describe, expect, test } from "vitest";
import { formatToken } from "../../../lib/core/token.ts";
import { DeniedLog, type DeniedRequest } from "../../../programs/host/front/denied.ts";
import { ask } from "../../../testkit/ask.ts";
import { LEDGE_MANIFEST, openTestHost } from "../../../testkit/host.ts";
import { cheaperEngine } from "../../../testkit/native.ts";
import { tokenOf } from "../../../testkit/proposals.ts";

const STRANGER = tokenOf("b");
const BAD: DeniedRequest = {
  method: "GET",
  route: "/v1/read/...",
  status: 401,
  code: "bad_token",
  token: formatToken(STRANGER),
};

/** A log with a clock of its own: `end` lets all that waits happen. */
function open() {
  const lines: Record<string, unknown>[] = [];
  let waiting: (() => void)[] = [];
  const clock = { nowMs: () => 7, later: (_ms: number, run: () => void) => void waiting.push(run) };
  const log = new DeniedLog((line) => lines.push(JSON.parse(line)), clock);
  const end = () => {
    const due = waiting;
    waiting = [];
    for (const run of due) run();
    return due.length;
  };
  return { log, lines, end };
}

describe("the log of who was denied", () => {
  test("has one line a second of each code, then how many were left out", () => {
    const { log, lines, end } = open();
    for (let n = 0; n < 1000; n += 1) log.told(BAD);
    log.told({ ...BAD, code: "forbidden", status: 403, token: undefined });
    const first = { event: "access.refused", atMs: 7, code: "bad_token", method: "GET", route: BAD.route };
    expect(lines.splice(0)).toEqual([
      { ...first, accessor: STRANGER.accessor },
      { ...first, code: "forbidden" },
    ]);
    end();
    expect(lines.splice(0)).toEqual([{ event: "access.refused", atMs: 7, code: "bad_token", leftOut: 999 }]);
    // The count was this second's line.
    log.told(BAD);
    expect(lines).toEqual([]);
    end();
    expect(lines.splice(0)).toMatchObject([{ leftOut: 1 }]);
    expect([end(), end()]).toEqual([1, 0]);
    log.told(BAD);
    expect(lines).toHaveLength(1);
  });

  test("says nothing of other refusals, and of what is no token no accessor", () => {
    const { log, lines } = open();
    log.told({ ...BAD, status: 412, code: "stale" });
    log.told({ ...BAD, status: 404, code: undefined });
    expect(lines).toEqual([]);
    log.told({ ...BAD, token: `${BAD.token}x` });
    log.told({ ...BAD, code: undefined });
    expect(lines.map(({ code, accessor }) => [code, accessor])).toEqual([
      ["bad_token", undefined],
      ["401", STRANGER.accessor],
    ]);
  });

  test("is the server's own, and names no secret", async () => {
    const secret = "a bootstrap secret of more than 32 characters";
    const variables = { bootstrap_secret: secret };
    const host = await openTestHost({ manifest: LEDGE_MANIFEST, variables, ...cheaperEngine() });
    const token = formatToken(STRANGER);
    expect((await ask(host, "GET", "/v1/admin/tokens", { token })).status).toBe(401);
    const json = { name: "x", accessor: "a".repeat(12), digest: "a".repeat(64) };
    const wrong = { token: `${secret}x`, json };
    expect((await ask(host, "POST", "/v1/admin/bootstrap", wrong)).status).toBe(403);
    const said = () => host.lines.filter(({ text }) => text.includes("access.refused"));
    await expect
      .poll(() => said().map(({ text }) => JSON.parse(text)))
      .toMatchObject([
        { code: "bad_token", route: "/v1/admin/...", accessor: STRANGER.accessor },
        { code: "bootstrap_refused", method: "POST", route: "/v1/admin/..." },
      ]);
    expect(JSON.stringify(host.lines)).not.toMatch(new RegExp(`${secret}|${STRANGER.secret}`));
  });
});
