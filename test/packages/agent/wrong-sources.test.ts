/** Sources that answer, and are none: what is served goes on, and what is wrong is said by name. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpSource } from "../../../packages/agent/index.ts";
import { nodeFetch } from "../../../programs/cli/server/node-fetch.ts";
import { runLane, servedBy } from "../../../testkit/edge/lanes.ts";
import { MODEL_NAMESPACE, ModelOrigin } from "../../../testkit/edge/model-source.ts";
import { testFolder } from "../../../testkit/host.ts";

const LINEAGE = "1".repeat(32);
const OF_LEDGE = { "content-type": "application/json", "ledge-lineage": LINEAGE };
const json = (value: unknown) => (response: ServerResponse) =>
  void response.writeHead(200, OF_LEDGE).end(JSON.stringify(value));
const feed = { revision: 9, head: 9, cursor: "c", commits: [] };

async function answering(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response)).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const WRONG: readonly { name: string; answer(response: ServerResponse): void; says: string }[] = [
  {
    name: "a page of HTML",
    answer: (response) => void response.writeHead(200, OF_LEDGE).end("<html>Welcome</html>"),
    says: "it is no JSON",
  },
  {
    name: "nothing",
    answer: (response) => void response.writeHead(200, OF_LEDGE).end(),
    says: "it is no JSON",
  },
  { name: "null", answer: json(null), says: "not one of Ledge" },
  { name: "a list", answer: json([]), says: "not one of Ledge" },
  { name: "a head that is a text", answer: json({ ...feed, head: "9" }), says: "/head" },
  {
    name: "a revision that no number can hold",
    answer: json({ ...feed, revision: 1e300 }),
    says: "/revision",
  },
  { name: "a commit without changes", answer: json({ ...feed, commits: [{}] }), says: "/commits/0" },
  { name: "a feed that goes back", answer: json({ ...feed, revision: 3 }), says: "goes back, from 7 to 3" },
  {
    name: "no lineage",
    answer: (response) => void response.end(JSON.stringify(feed)),
    says: "it names no lineage",
  },
  {
    name: "a 500 of a proxy",
    answer: (response) => void response.writeHead(500).end("x"),
    says: "status 500",
  },
];

describe("httpSource", () => {
  test.each(WRONG)("rejects $name as no answer of Ledge", async ({ answer, says }) => {
    const source = httpSource({ url: await answering(answer), fetch: nodeFetch() });
    const asked = { waitSeconds: 0, signal: new AbortController().signal };
    const answered = source.changes({ namespace: "shop" }, { lineage: LINEAGE, revision: 7 }, asked);
    await expect(answered).rejects.toMatchObject({
      code: "bad_answer",
      message: expect.stringContaining(says),
    });
  });

  test.each([{ timeoutMs: 10_000 }, { timeoutMs: Number.POSITIVE_INFINITY }])(
    "ends an answer that has no end, with $timeoutMs ms for each piece",
    async ({ timeoutMs }) => {
      const piece = Buffer.alloc(1_048_576, "[");
      let sent = 0;
      const url = await answering((response) => {
        response.writeHead(200, OF_LEDGE);
        const more = () => {
          sent += piece.length;
          if (!response.destroyed) response.write(piece, more);
        };
        more();
      });
      const source = httpSource({ url, fetch: nodeFetch(), timeoutMs });
      await expect(source.history({ namespace: "shop" }, new AbortController().signal)).rejects.toMatchObject(
        {
          code: "unreachable",
          cause: { message: expect.stringContaining("an answer of more than 67108864 bytes") },
        },
      );
      expect(sent).toBeLessThan(200_000_000);
    },
  );
});

test("what was served goes on, whatever a source answers then", async () => {
  const origin = new ModelOrigin();
  origin.commit([["a", "1"]]);
  const folder = testFolder();
  const first = runLane(folder, [origin.source({ pageCommits: 3, pageDocuments: 2 })]);
  await expect.poll(() => first.lane.replica?.place.revision).toBe(origin.head);
  await first.stop();
  let nth = 0;
  const url = await answering((response) => {
    nth += 1;
    WRONG[nth % WRONG.length]?.answer(response);
  });
  const running = runLane(folder, [httpSource({ url, fetch: nodeFetch() })]);
  onTestFinished(() => running.stop());
  await expect.poll(() => nth).toBeGreaterThan(3 * WRONG.length);
  expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
  expect(running.lane.state.trouble?.code).toBe("bad_answer");
  expect(running.lane.namespace).toBe(MODEL_NAMESPACE);
});
