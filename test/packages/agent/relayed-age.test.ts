/** How old a state is behind a relay: as old as it is at the relay, and then some. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { httpSource } from "../../../packages/agent/index.ts";
import { LaneState } from "../../../packages/agent/lane-state.ts";

test("an answer of a relay brings the age that the state has there", async () => {
  const page = { revision: 7, head: 7, cursor: "c", commits: [] };
  const server = createServer((_, response) => {
    response.writeHead(200, { "ledge-lineage": "1".repeat(32), "ledge-source": "none", age: "3600" });
    response.end(JSON.stringify(page));
  }).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  onTestFinished(() => void server.close());
  const source = httpSource({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const after = { lineage: "1".repeat(32), revision: 7 };
  const asked = { waitSeconds: 0, signal: new AbortController().signal };
  const answer = await source.changes({ namespace: "shop" }, after, asked);
  expect(answer.ageSeconds).toBe(3600);
  const state = new LaneState();
  const place = { ...after, epoch: 0 };
  state.moved(place);
  expect(state.ageSeconds()).toBeLessThan(3600);
  state.heard(source, answer);
  state.confirmed();
  expect(state.ageSeconds()).toBeGreaterThanOrEqual(3600);
  state.moved(place);
  expect(state.ageSeconds()).toBeGreaterThanOrEqual(3600);
  state.heard(source, { head: 7, ageSeconds: 0 });
  state.confirmed();
  expect(state.ageSeconds()).toBeLessThan(3600);
});
