/** What the command sends, and sends again, to a server that answers by a list. */
import { createServer, type IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listenOnLoopback } from "../../../testkit/loopback.ts";
import { ledge } from "../../../testkit/processes.ts";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const refusal = (code: string, status: number, retryable: boolean, retryAfter = "0"): Answer => ({
  status,
  headers: { "content-type": "application/problem+json", "retry-after": retryAfter },
  body: { code, status, retryable, title: `It is ${code}.` },
});
const committed: Answer = {
  status: 200,
  body: { revision: 7, time: "2027-01-31T12:00:00.000Z", unchanged: false, changes: [] },
};

/** Answers the requests one after the other, the last answer for all that follow, and gives what was asked. */
async function answering(...answers: [Answer, ...Answer[]]) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const { status, headers, body } = answers[Math.min(asked.length, answers.length - 1)] ?? answers[0];
    asked.push(request);
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  onTestFinished(() => void server.close());
  return {
    asked,
    url,
    put: () => ledge(["--url", url, "put", "demo/a", "1", "-t", "text/plain", "--if", "any"]),
  };
}

test("what may go through in a moment is sent again, and a write by the same key", async () => {
  const { asked, put } = await answering(
    refusal("busy", 503, true),
    refusal("overloaded", 503, true),
    committed,
  );
  expect(await put()).toMatchObject({ status: 0 });
  const keys = asked.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toHaveLength(3);
  expect([new Set(keys).size, keys[0]]).toEqual([1, expect.stringMatching(/^[\da-f-]{36}$/)]);
});

test("what passes with time is sent four times at most, whatever the route", async () => {
  const { asked, url } = await answering(refusal("busy", 503, true));
  expect(await ledge(["--url", url, "backup", "prove"])).toMatchObject({ status: 1 });
  expect(asked.map(({ method }) => method)).toEqual(["POST", "POST", "POST", "POST"]);
});

test.each([
  { name: "a refusal", answer: refusal("frozen", 422, false), status: 6 },
  { name: "a wait of more than five seconds", answer: refusal("busy", 503, true, "6"), status: 1 },
  { name: "a page of somebody else", answer: { status: 503 }, status: 1 },
  {
    name: "another address",
    answer: { status: 307, headers: { location: "http://other.test/" } },
    status: 1,
  },
])("nothing is sent again after $name", async ({ answer, status }) => {
  const { asked, put } = await answering(answer);
  const ran = await put();
  expect([ran.status, asked.length]).toEqual([status, 1]);
  if (answer.status === 307) expect(ran.stderr).toContain("sends on to http://other.test/");
});
