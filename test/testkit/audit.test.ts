import { describe, expect, test } from "vitest";
import { fill, openQuickStore, put, SMALL, tick } from "../../testkit/backup.ts";
import { memoryBucket } from "../../testkit/bucket.ts";
import { audit } from "../../testkit/chaos/audit.ts";
import { type Journal, openJournal, sentOf } from "../../testkit/chaos/journal.ts";

/** A journal by hand: what is done to it is what the auditor sees. */
function handMade() {
  const journal = openJournal();
  const state = new Map<string, Uint8Array>();
  const plain = { query: {}, headers: {}, status: 200, code: undefined, fault: undefined };
  return {
    put(name: string, sentBytes: Uint8Array, stored = sentBytes) {
      state.set(`p/${name}`, stored);
      const effect = { kind: "put", bytes: stored } as const;
      journal.add({ ...plain, method: "PUT", name: `p/${name}`, sent: sentOf(sentBytes), effect });
    },
    remove(name: string) {
      state.delete(`p/${name}`);
      const effect = { kind: "remove" } as const;
      journal.add({ ...plain, method: "DELETE", name: `p/${name}`, sent: undefined, effect });
    },
    offences: (entries: Journal["entries"] = journal.entries) =>
      audit(entries, { prefix: "p/", state }).map(({ offence, name }) => [offence, name]),
    journal,
    state,
  };
}

/** The requests of a real export, in order: the objects, then the manifests that name them. */
async function exported() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, { limits: { ...SMALL, aloneBytes: 0 } });
  put(db, "more", "x".repeat(5000));
  await tick(db, bucket);
  const order = bucket.calls.filter((call) => call.startsWith("put ")).map((call) => call.slice(4));
  const of = (part: string) => order.filter((name) => name.includes(part));
  const bytesOf = (name: string) => bucket.objects.get(name) ?? new Uint8Array(0);
  return { order, of, bytesOf };
}

const OTHER = Uint8Array.of(1, 2, 3);

describe("audit", () => {
  test("finds nothing in a real export, a repeat and a head that moves included", async () => {
    const { order, bytesOf } = await exported();
    const hand = handMade();
    for (const name of order) {
      hand.put(name, bytesOf(name));
      hand.put(name, bytesOf(name));
    }
    hand.put("heads/x.json", OTHER);
    hand.put("heads/x.json", Uint8Array.of(4));
    expect(hand.offences()).toEqual([]);
  });

  test("finds a manifest whose segment, index or part is absent", async () => {
    const { order, of, bytesOf } = await exported();
    for (const left of [of("/segments/")[0], of("/bases/")[0], of(".part-")[0]]) {
      const hand = handMade();
      for (const name of order) if (name !== left) hand.put(name, bytesOf(name));
      const offences = hand.offences();
      expect(offences).toContainEqual(["names_absent", left]);
      expect(offences.every(([offence, name]) => offence === "names_absent" && name === left)).toBe(true);
    }
  });

  test("finds a manifest that came before what it names, though all is there in the end", async () => {
    const { order, of, bytesOf } = await exported();
    const hand = handMade();
    const [manifest = ""] = of("/manifests/");
    hand.put(manifest, bytesOf(manifest));
    for (const name of order) hand.put(name, bytesOf(name));
    expect(hand.offences()).toContainEqual(["names_absent", of("/segments/")[0]]);
  });

  test("finds a manifest that names an object which is torn", async () => {
    const { order, of, bytesOf } = await exported();
    for (const torn of [of("/segments/")[0], of(".part-")[0]]) {
      const hand = handMade();
      for (const name of order) {
        const bytes = bytesOf(name);
        hand.put(name, bytes, name === torn ? bytes.slice(0, bytes.length >> 1) : bytes);
      }
      expect(hand.offences()).toContainEqual(["names_different", torn]);
    }
  });

  test("takes a torn manifest for none", async () => {
    const { of, bytesOf } = await exported();
    const hand = handMade();
    const [manifest = ""] = of("/manifests/");
    hand.put(manifest, bytesOf(manifest), bytesOf(manifest).slice(0, 200));
    expect(hand.offences()).toEqual([]);
  });

  test("finds an object that was taken away while a manifest named it, parts included", async () => {
    const { order, of, bytesOf } = await exported();
    for (const gone of [of("/segments/").at(-1), of(".part-").at(-1)]) {
      const hand = handMade();
      for (const name of order) hand.put(name, bytesOf(name));
      hand.remove(gone ?? "");
      expect(hand.offences()).toContainEqual(["removed_in_use", gone]);
    }
  });

  test("lets go what no manifest names any more", async () => {
    const { order, of, bytesOf } = await exported();
    const hand = handMade();
    for (const name of order) hand.put(name, bytesOf(name));
    for (const name of of("/manifests/")) hand.remove(name);
    for (const name of of("/segments/")) hand.remove(name);
    expect(hand.offences()).toEqual([]);
  });

  test("finds a second content under one name, and a claim that was overwritten", async () => {
    const { order, of, bytesOf } = await exported();
    const hand = handMade();
    for (const name of order) hand.put(name, bytesOf(name));
    const [segment = "", claim = ""] = [of("/segments/")[0], of("epochs/")[0]];
    hand.put(segment, OTHER);
    hand.put(claim, OTHER);
    const offences = hand.offences();
    expect(offences).toContainEqual(["written_twice", segment]);
    expect(offences).toContainEqual(["changed_in_use", segment]);
    expect(offences).toContainEqual(["claim_overwritten", claim]);
  });

  test("finds a journal that leaves something out", async () => {
    const hand = handMade();
    hand.put("a", OTHER);
    hand.state.set("p/b", OTHER);
    expect(hand.offences()).toEqual([["journal_incomplete", "b"]]);
    expect(hand.offences([])).toEqual([
      ["journal_incomplete", "a"],
      ["journal_incomplete", "b"],
    ]);
  });
});
