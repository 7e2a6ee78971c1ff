import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VERBS } from "../../../lib/core/grant.ts";
import { newToken, secretDigest } from "../../../lib/core/token.ts";
import { ask } from "../../../testkit/ask.ts";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, data, url } = serveCommand("grants");

const listed = async (name: string) =>
  JSON.parse((await ledge(["token", "ls", "-o", "json"])).stdout).find(
    (one: { name: string }) => one.name === name,
  );

describe("ledge token create -g", () => {
  test.each([
    { grant: "read,write:demo/frontend/,read:staging", hint: "-g read,write:demo/frontend/ -g read:staging" },
    { grant: "read:demo,write:demo", hint: "-g read:demo -g write:demo" },
    { grant: "read:demo/a/, read,write:demo/b/", hint: "-g read:demo/a/ -g read,write:demo/b/" },
  ])("refuses the commas of $grant with the right spelling", async ({ grant, hint }) => {
    const ran = await ledge(["token", "create", "several", "-g", grant]);
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([2, "", expect.stringContaining(hint)]);
    expect(await listed("several")).toBeUndefined();
  });

  test.each([{ grant: "fly:demo" }, { grant: "read,:demo" }, { grant: "Read:demo" }])(
    "answers $grant with the verbs that there are",
    async ({ grant }) => {
      const ran = await ledge(["token", "create", "x", "-g", grant]);
      expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(VERBS.join(", "))]);
    },
  );

  test.each([
    { grant: "read:demo/limits", says: /the one key limits[\s\S]*read:demo\/limits\// },
    { grant: "read:nowhere", says: /no namespace nowhere/ },
    { grant: "backup:demo", says: /backup:\*/ },
    { grant: "status:*/a/", says: /status:\*/ },
  ])("makes $grant and warns about it", async ({ grant, says }) => {
    const ran = await ledge(["token", "create", "odd", "-g", grant]);
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(says)]);
    expect(ran.stdout).toMatch(/^ldg_/);
  });

  test("warns about nothing in an ordinary grant, and takes a scope with commas", async () => {
    for (const grant of ["read:demo", "read,write:demo/limits/", "backup,status:*", "read:demo/a,b/"]) {
      const { status, stderr } = await ledge(["token", "create", "plain", "-g", grant]);
      expect([status, stderr.split("\n").length]).toEqual([0, 2]);
    }
  });

  test("tells the verbs in its help", async () => {
    const { stdout } = await ledge(["token", "create", "--help"]);
    for (const verb of VERBS) expect(stdout).toContain(verb);
  });
});

describe("ledge token create --expires", () => {
  test("takes a date, a moment and a span", async () => {
    const soon = `${new Date().getUTCFullYear() + 1}-01-01`;
    const expiry = async (name: string, expires: string) => {
      expect((await ledge(["token", "create", name, "-g", "read:demo", "--expires", expires])).status).toBe(
        0,
      );
      return (await listed(name)).expires;
    };
    expect(await expiry("date", soon)).toBe(`${soon}T00:00:00.000Z`);
    expect(await expiry("moment", `${soon}T12:00:00+02:00`)).toBe(`${soon}T10:00:00.000Z`);
    const days = (Date.parse(await expiry("span", "90d")) - Date.now()) / 86_400_000;
    expect(Math.ceil(days)).toBe(90);
  });

  test.each([
    { when: "2031-02-30" },
    { when: "2031-13-01" },
    { when: "2031-02-30T00:00:00Z" },
    { when: "soon" },
    { when: "2020-01-01" },
    { when: "0d" },
  ])("refuses $when", async ({ when }) => {
    const ran = await ledge(["token", "create", "never", "-g", "read:demo", "--expires", when]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(`--expires ${when}`)]);
  });

  test("ends a token, which the list says", async () => {
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    const made = newToken(randomBytes);
    const grants = [{ verbs: ["read"], namespace: "demo", scope: "" }];
    const digest = secretDigest(made.secret);
    const json = { name: "brief", accessor: made.accessor, digest, grants };
    // A token that is over before the server has read of it is refused, so a slow machine gets longer ones.
    const make = (ms: number) =>
      ask({ url: url() }, "POST", "/v1/admin/tokens", {
        token,
        json: { ...json, expires: new Date(Date.now() + ms).toISOString() },
      });
    let answer = await make(1500);
    for (let ms = 3000; answer.status === 422 && ms < 60_000; ms *= 2) answer = await make(ms);
    expect(answer.status).toBe(201);
    const state = async () => (await ledge(["token", "ls"])).stdout;
    await expect.poll(state).toMatch(/brief\s+expired/);
  });
});

describe("ledge token rotate", () => {
  test("gives another secret under the same accessor", async () => {
    const before = (await ledge(["token", "create", "turned", "-g", "read:demo"])).stdout.trim();
    const ran = await ledge(["token", "rotate", before.slice(4, 16)]);
    expect(ran.status).toBe(0);
    const after = ran.stdout.trim();
    expect([after === before, after.slice(4, 16)]).toEqual([false, before.slice(4, 16)]);
    expect((await ledge(["get", "demo/banner"], { env: { LEDGE_TOKEN: after } })).status).toBe(0);
    expect((await ledge(["get", "demo/banner"], { env: { LEDGE_TOKEN: before } })).status).toBe(4);
    expect((await ledge(["token", "rotate", "abcdefghijkl"])).status).toBe(3);
  });
});

describe("ledge token rotate --overlap", () => {
  test("prints another token like it, and lets the old one work for a while yet", async () => {
    const before = (await ledge(["token", "create", "followed", "-g", "read:demo"])).stdout.trim();
    const ran = await ledge(["token", "rotate", before.slice(4, 16), "--overlap", "1h"]);
    const after = ran.stdout.trim();
    expect([ran.status, after.slice(4, 16) === before.slice(4, 16)]).toEqual([0, false]);
    for (const token of [before, after])
      expect((await ledge(["get", "demo/banner"], { env: { LEDGE_TOKEN: token } })).status).toBe(0);
    const [old, next] = JSON.parse((await ledge(["token", "ls", "-o", "json"])).stdout)
      .filter(({ name }: { name: string }) => name === "followed")
      .sort((one: { created: string }, other: { created: string }) =>
        one.created.localeCompare(other.created),
      );
    expect([next.expires, next.grants]).toEqual([undefined, old.grants]);
    expect(Date.parse(old.expires) - Date.parse(next.created)).toBe(3_600_000);
    const odd = await ledge(["token", "rotate", before.slice(4, 16), "--overlap", "soon"]);
    expect([odd.status, odd.stderr]).toEqual([2, expect.stringContaining("--overlap")]);
    const long = await ledge(["token", "rotate", before.slice(4, 16), "--overlap", "52w"]);
    expect([long.status, long.stderr]).toEqual([6, expect.stringContaining("--overlap")]);
  });
});

describe("a token that is revoked", () => {
  test("is told as such, with the moment, by rotate and by another revoke", async () => {
    const made = (await ledge(["token", "create", "gone", "-g", "read:demo"])).stdout.trim();
    const accessor = made.slice(4, 16);
    expect((await ledge(["token", "revoke", accessor])).stderr).toContain(`token ${accessor} is revoked\n`);
    const tokens = JSON.parse((await ledge(["token", "ls", "-o", "json"])).stdout);
    const { revoked } = tokens.find((one: { accessor: string }) => one.accessor === accessor);
    for (const args of [[], ["--overlap", "1h"]]) {
      const ran = await ledge(["token", "rotate", accessor, ...args]);
      const says = `token ${accessor} (gone) is revoked since ${revoked}`;
      expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining(says)]);
      expect(ran.stderr).not.toContain("there is no");
    }
    const again = await ledge(["token", "revoke", accessor]);
    expect([again.status, again.stderr]).toEqual([
      0,
      expect.stringContaining(`was revoked before, at ${revoked}`),
    ]);
  });
});

describe("ledge token revoke", () => {
  const admin = async () => {
    const made = await ledge(["token", "create", "second", "-g", `${VERBS.join(",")}:*`]);
    return { env: { LEDGE_TOKEN: made.stdout.trim() }, accessor: made.stdout.trim().slice(4, 16) };
  };

  test("refuses to end the token that is used where nobody can be asked", async () => {
    const { env, accessor } = await admin();
    const ran = await ledge(["token", "revoke", accessor], { env });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect((await ledge(["whoami"], { env })).status).toBe(0);
    expect((await ledge(["token", "revoke", accessor, "--yes"], { env })).status).toBe(0);
    expect((await ledge(["whoami"], { env })).status).toBe(4);
  });

  test.skipIf(!HAS_TERMINAL).each([
    { key: "n", status: 1, lives: 0 },
    { key: "y", status: 0, lives: 4 },
  ])("takes $key from a terminal", async ({ key, status, lives }) => {
    const { env, accessor } = await admin();
    const ran = await ledgeAtTerminal(["--data", data, "token", "revoke", accessor], {
      typed: { after: "Revoke it?", keys: key },
      env,
    });
    expect([ran.status, ran.screen]).toEqual([status, expect.stringContaining("the token that you use")]);
    expect((await ledge(["whoami"], { env })).status).toBe(lives);
  });
});
