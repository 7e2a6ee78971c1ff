import { describe, expect, test } from "vitest";
import { differenceTo, PartOfDifference } from "../../../packages/agent/pointed.ts";
import type { DifferencePage, ReplicaDocument, Source } from "../../../packages/agent/source.ts";
import { LedgeError } from "../../../packages/client/errors.ts";
import { ModelOrigin } from "../../../testkit/edge/model-source.ts";

const signal = new AbortController().signal;
const subject = { namespace: "shop", channel: "stable" };

const document = (key: string): ReplicaDocument => ({
  namespace: "shop",
  key,
  revision: 1,
  createdRevision: 1,
  version: 1,
  mediaType: "text/plain",
  modifiedMs: 0,
  bytes: new Uint8Array(),
});

/** Answers by a list; `asked` are the places that it was asked for. */
function giving(answers: readonly (DifferencePage | LedgeError)[]) {
  const asked: (readonly [from: number, next: string | undefined])[] = [];
  const source: Source = {
    ...new ModelOrigin().source({ pageCommits: 1, pageDocuments: 1 }),
    async difference(_, from, { next }) {
      const answer = answers[asked.length];
      asked.push([from, next]);
      if (answer === undefined || answer instanceof LedgeError) throw answer;
      return answer;
    },
  };
  return { source, asked };
}

const page = (key: string, next: string | undefined, to = 7): DifferencePage => ({
  to,
  documents: [document(key)],
  ended: [`${key}-ended`],
  next,
});
const cut = new LedgeError("unreachable", "gone", { retryable: true });
const keysOf = (told: Awaited<ReturnType<typeof differenceTo>>) => told?.documents.map(({ key }) => key);

describe("differenceTo", () => {
  test("goes on where it was cut, also from nothing", async () => {
    const compacted = new LedgeError("compacted", "kept nowhere");
    const part = new PartOfDifference();
    const { source, asked } = giving([compacted, page("a", "2"), cut, compacted, page("b", undefined)]);
    const ask = () => differenceTo(source, { subject, from: 3, signal, part });
    await expect(ask()).rejects.toBe(cut);
    expect(part.isBegun).toBe(true);
    const told = await ask();
    expect([keysOf(told), told?.ended, told?.isWhole]).toEqual([["a", "b"], ["a-ended", "b-ended"], true]);
    expect(asked).toEqual([
      [3, undefined],
      [0, undefined],
      [0, "2"],
      [3, undefined],
      [0, "2"],
    ]);
    expect(part.isBegun).toBe(false);
  });

  test("begins anew at another source, from another revision, or where its place is lost", async () => {
    const part = new PartOfDifference();
    const lost = new LedgeError("bad_cursor", "not known here");
    const first = giving([page("a", "2"), cut, page("x", "5"), cut, lost, page("y", undefined)]);
    const ask = (source: Source, from = 3) => differenceTo(source, { subject, from, signal, part });
    await expect(ask(first.source)).rejects.toBe(cut);
    expect(keysOf(await ask(giving([page("b", undefined)]).source))).toEqual(["b"]);
    await expect(ask(first.source, 4)).rejects.toBe(cut);
    await expect(ask(first.source, 4)).rejects.toBe(lost);
    expect(keysOf(await ask(first.source, 4))).toEqual(["y"]);
  });

  test("gives nothing where the pointer moved on the way, and then all of the new one", async () => {
    const part = new PartOfDifference();
    const { source } = giving([page("a", "2"), cut, page("b", "3", 8), page("c", undefined, 8)]);
    const ask = () => differenceTo(source, { subject, from: 3, signal, part });
    await expect(ask()).rejects.toBe(cut);
    expect(await ask()).toBeUndefined();
    expect(keysOf(await ask())).toEqual(["c"]);
  });
});
