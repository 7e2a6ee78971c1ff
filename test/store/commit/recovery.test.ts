/** What the rules of a commit let the recovery secret's actor do: one new root token, for one hour. */
import { describe, expect, test } from "vitest";
import type { Proposer } from "../../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../../lib/core/commit/verdict.ts";
import { RECOVERY_MS, secretDigest } from "../../../lib/core/token.ts";
import {
  bootstrap,
  propose,
  putReserved,
  T0,
  type TestChange,
  tokenDocument,
  tokenOf,
} from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

/** A store that has had its first token. */
function openStore() {
  const store = openTestStore();
  bootstrap(store.db);
  return store;
}

function refused(outcome: CommitOutcome): string {
  return outcome.ok ? `accepted ${outcome.revision}` : outcome.code;
}

describe("the actor _recovery", () => {
  const by: Proposer = { kind: "reserved", actor: "_recovery" };
  const hour = { creator: "_recovery", expiresMs: T0 + RECOVERY_MS };
  const key = "token/bbbbbbbbbbbb";
  const making = (over: Record<string, unknown>) => {
    const { db } = openStore();
    return refused(putReserved(db, "_auth", key, tokenDocument({ ...hour, ...over }), { by }));
  };

  test.each([
    { name: "lasts a millisecond longer", over: { expiresMs: T0 + RECOVERY_MS + 1 } },
    { name: "lasts for ever", over: { expiresMs: null } },
    { name: "was made before", over: { createdMs: T0 - 1, expiresMs: T0 - 1 + RECOVERY_MS } },
    { name: "is revoked", over: { revokedMs: T0 } },
    { name: "is no root token", over: { grants: [{ verbs: ["read"], namespace: "*", scope: "" }] } },
    { name: "comes from somebody else", over: { creator: "_reset" } },
  ])("no token is made that $name", ({ over }) => {
    expect(making(over)).toBe("forbidden");
  });

  test("nothing else is written, and no token that is there", () => {
    const { db } = openStore();
    expect(refused(putReserved(db, "_system", "mode", '{"mode":"open"}', { by }))).toBe("forbidden");
    const others = ["b", "c"].map(
      (letter): TestChange => ({
        op: "put",
        ns: "_auth",
        key: `token/${letter.repeat(12)}`,
        value: tokenDocument(hour),
        type: "application/json",
      }),
    );
    expect(refused(propose(db, others, { by, door: "admin" }))).toBe("forbidden");
    expect(refused(putReserved(db, "_auth", "token/aaaaaaaaaaaa", tokenDocument(hour), { by }))).toBe(
      "exists",
    );
  });

  test("the token that it made is not made again with another secret", () => {
    const { db } = openStore();
    expect(putReserved(db, "_auth", key, tokenDocument(hour), { by }).ok).toBe(true);
    const other = tokenDocument({ ...hour, digest: "b".repeat(64) });
    expect(refused(putReserved(db, "_auth", key, other, { by }))).toBe("forbidden");
  });

  test("nobody else makes a token in its name, or lets its hour grow", () => {
    const { db } = openStore();
    expect(refused(putReserved(db, "_auth", key, tokenDocument(hour)))).toBe("forbidden");
    expect(putReserved(db, "_auth", key, tokenDocument(hour), { by }).ok).toBe(true);
    const longer = tokenDocument({ ...hour, expiresMs: T0 + RECOVERY_MS + 1 });
    expect(refused(putReserved(db, "_auth", key, longer))).toBe("forbidden");
    expect(putReserved(db, "_auth", key, tokenDocument({ ...hour, revokedMs: T0 })).ok).toBe(true);
  });

  test("a second one is made from the millisecond at which the first ends", () => {
    const { db } = openStore();
    expect(putReserved(db, "_auth", key, tokenDocument(hour), { by }).ok).toBe(true);
    const at = (nowMs: number) =>
      putReserved(
        db,
        "_auth",
        "token/cccccccccccc",
        tokenDocument({ ...hour, createdMs: nowMs, expiresMs: nowMs + RECOVERY_MS }),
        { by, nowMs },
      );
    expect(refused(at(T0 + RECOVERY_MS - 1))).toBe("recovery_active");
    expect(at(T0 + RECOVERY_MS).ok).toBe(true);
  });

  test("while its token lives, the last lasting root token is ended by none", () => {
    const { db } = openStore();
    expect(putReserved(db, "_auth", key, tokenDocument(hour), { by }).ok).toBe(true);
    const ended = tokenDocument({ revokedMs: T0 });
    expect(refused(putReserved(db, "_auth", "token/aaaaaaaaaaaa", ended))).toBe("in_use");
    const lasting = tokenDocument({ creator: "aaaaaaaaaaaa" });
    expect(putReserved(db, "_auth", "token/cccccccccccc", lasting).ok).toBe(true);
    expect(putReserved(db, "_auth", "token/aaaaaaaaaaaa", ended).ok).toBe(true);
  });

  test("where no other root token is left, its token makes others, and cannot end", () => {
    const { db } = openStore();
    const giver: Proposer = { kind: "token", accessor: "b".repeat(12), digest: "a".repeat(64) };
    const gone = tokenDocument({ revokedMs: T0 });
    const restored: Proposer = { kind: "reserved", actor: "_restore" };
    expect(putReserved(db, "_auth", "token/aaaaaaaaaaaa", gone, { by: restored }).ok).toBe(true);
    expect(putReserved(db, "_auth", key, tokenDocument(hour), { by }).ok).toBe(true);
    const ended = tokenDocument({ ...hour, revokedMs: T0 });
    expect(refused(putReserved(db, "_auth", key, ended, { by: giver }))).toBe("in_use");
    const reader = {
      creator: "b".repeat(12),
      grants: [{ verbs: ["read"], namespace: "shop", scope: "" }],
    };
    expect(putReserved(db, "_auth", "token/cccccccccccc", tokenDocument(reader), { by: giver }).ok).toBe(
      true,
    );
  });

  test("its token alone gives for longer than it lives itself", () => {
    const { db } = openStore();
    const giver = tokenOf("b");
    const digest = secretDigest(giver.secret);
    const proposer: Proposer = { kind: "token", accessor: giver.accessor, digest };
    const give = () =>
      putReserved(db, "_auth", "token/cccccccccccc", tokenDocument({ creator: giver.accessor }), {
        by: proposer,
      });
    const ending = { digest, expiresMs: T0 + RECOVERY_MS };
    expect(putReserved(db, "_auth", key, tokenDocument({ ...ending, creator: "a".repeat(12) })).ok).toBe(
      true,
    );
    expect(refused(give())).toBe("escalation");
    const other = openStore().db;
    expect(putReserved(other, "_auth", key, tokenDocument({ ...hour, digest }), { by }).ok).toBe(true);
    expect(
      putReserved(other, "_auth", "token/cccccccccccc", tokenDocument({ creator: giver.accessor }), {
        by: proposer,
      }).ok,
    ).toBe(true);
  });
});
