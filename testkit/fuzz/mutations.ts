/**
 * What is changed in a request that is right in form, so that its end can still be told: another method, target, query
 * or header. What makes the end itself doubtful is in breaking.ts.
 */
import { PARAMETERS } from "../../lib/api/parameters.ts";
import type { Random } from "../random.ts";
import { framed, type SentRequest, withParts } from "./sent.ts";
import { anyWord, encodedWord, sometimes } from "./words.ts";

type Mutation = (random: Random, request: SentRequest) => SentRequest;

const QUERY_NAMES = Object.values(PARAMETERS)
  .filter((parameter) => parameter.in === "query")
  .map(({ name }) => name);

const otherMethod: Mutation = (random, request) =>
  withParts(request, {
    method: random.pick(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]),
  });

/** Long ones are rare: each holds its connection for most of a minute. */
const anyWait = (random: Random): string =>
  sometimes(random, 100) ? encodedWord(random) : random.pick(["0", "1", "01", "-1", "x", ""]);

const moreQuery: Mutation = (random, request) => {
  const name = sometimes(random, 10)
    ? encodedWord(random)
    : (QUERY_NAMES[random.below(QUERY_NAMES.length)] ?? "key");
  const pair = sometimes(random, 20)
    ? encodedWord(random)
    : `${name}=${name === "wait" ? anyWait(random) : encodedWord(random)}`;
  return withParts(request, {
    target: `${request.target}${request.target.includes("?") ? "&" : "?"}${pair}`,
  });
};

const otherQuery: Mutation = (random, request) =>
  moreQuery(random, withParts(request, { target: request.target.split("?")[0] ?? "/" }));

const otherSegment: Mutation = (random, request) => {
  const [path = "/", query] = request.target.split("?");
  const parts = path.split("/");
  const at = 1 + random.below(parts.length);
  const part = random.pick([
    encodedWord(random),
    encodedWord(random),
    "",
    ".",
    "..",
    "%2e%2e",
    "v1",
    "admin",
    "read",
  ]);
  parts.splice(at, random.below(2), part);
  return withParts(request, { target: parts.join("/") + (query === undefined ? "" : `?${query}`) });
};

const otherForm: Mutation = (random, request) => {
  const { target } = request;
  const forms = [
    `http://127.0.0.1${target}`,
    `HTTP://localhost:1${target}`,
    `http://elsewhere.example${target}`,
    `/${target}`,
    `${target}/`,
    `${target}?`,
    `${target}&&`,
    target.toUpperCase(),
    target.replace("/v1", "//v1"),
    `${target}?x=${"y".repeat(random.pick([100, 8000, 8200]))}`,
    "/",
    "*",
    "//",
    "/.well-known/spin/health",
  ] as const;
  return withParts(request, { target: random.pick(forms) });
};

const HEADERS: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ["If-Match", "*"],
  ["If-Match", '"1-00000000"'],
  ["If-Match", 'W/"1-00000000"'],
  ["If-Match", "x"],
  ["If-None-Match", "*"],
  ["If-None-Match", '"1-00000000", "2-00000000"'],
  ["Idempotency-Key", "one"],
  ["Idempotency-Key", "é"],
  ["Ledge-Message", "because"],
  ["Ledge-Min-Revision", "1"],
  ["Ledge-Min-Revision", "999999"],
  ["Ledge-Max-Staleness", "0"],
  ["Ledge-Max-Staleness", "-1"],
  ["Ledge-Colour", "red"],
  ["traceparent", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`],
  ["traceparent", "x"],
  ["Last-Event-ID", "x"],
  ["Accept", "text/event-stream"],
  ["Accept", "image/png"],
  ["Content-Type", "multipart/form-data"],
  ["Content-Type", "application/json; charset=latin1"],
  ["Content-Type", "application/x-www-form-urlencoded"],
  ["Content-Encoding", "gzip"],
  ["Content-Range", "bytes 0-1/2"],
  ["Range", "bytes=0-0"],
  ["Accept-Encoding", "gzip"],
  ["Origin", "null"],
  ["Cookie", "a=b"],
  ["Expect", "100-continue"],
  ["Expect", "tea"],
  ["X-Forwarded-Host", "elsewhere.example"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["spin-path-info", "/x"],
  ["spin-full-url", "x"],
  ["Ledge-Waited", "1"],
  ["Authorization", "Bearer x"],
  ["Host", "elsewhere.example"],
  ["X-Nothing", ""],
  ["X-Tab", "a\tb"],
  ["X-Text", "caf\xc3\xa9"],
  ["X-Latin", "caf\xe9"],
  ["X-Large", "y".repeat(17_000)],
];

const moreHeaders: Mutation = (random, request) =>
  withParts(request, { headers: [...request.headers, random.pick(HEADERS)] });

const anyHeader: Mutation = (random, request) => {
  const name = random.pick([
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Ledge-Message",
    "Ledge-Min-Revision",
    "Content-Type",
    "traceparent",
    "Authorization",
    "Last-Event-ID",
  ]);
  const value = Buffer.from(
    anyWord(random)
      .replace(/\p{Cc}/gu, "")
      .trim(),
  ).toString("latin1");
  return withParts(request, {
    headers: [
      ...request.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase()),
      [name, value],
    ],
  });
};

const doubledHeader: Mutation = (random, request) => {
  const doubled = request.headers[random.below(request.headers.length)];
  return doubled === undefined || doubled[0] === "Content-Length"
    ? request
    : withParts(request, { headers: [...request.headers, doubled] });
};

const fewerHeaders: Mutation = (random, request) => {
  const at = random.below(request.headers.length);
  return framed(withParts(request, { headers: request.headers.filter((_, index) => index !== at) }));
};

const otherBody: Mutation = (random, request) =>
  framed(
    withParts(request, {
      body: random.pick([
        Buffer.alloc(0),
        Buffer.from("x"),
        Buffer.from("{}"),
        Buffer.alloc(random.pick([1025, 70_000]), " "),
      ]),
    }),
  );

const largeBody: Mutation = (random, request) =>
  sometimes(random, 20)
    ? framed(withParts(request, { body: Buffer.alloc(random.pick([1_048_577, 4_194_305]), " ") }))
    : request;

const chunked: Mutation = (random, request) => {
  const parts: Buffer[] = [];
  for (let at = 0; at < request.body.length; ) {
    const size = 1 + random.below(40 + request.body.length);
    const part = request.body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    at += size;
  }
  parts.push(Buffer.from("0\r\n\r\n"));
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== "content-length");
  return withParts(request, {
    headers: [...headers, ["Transfer-Encoding", "chunked"]],
    body: Buffer.concat(parts),
  });
};

const MUTATIONS = [
  otherMethod,
  moreQuery,
  moreQuery,
  otherQuery,
  otherSegment,
  otherForm,
  moreHeaders,
  moreHeaders,
  anyHeader,
  doubledHeader,
  fewerHeaders,
  otherBody,
  largeBody,
] as const;

/** None to three of them; in pieces last, since nothing may change the body then. */
export function mutated(random: Random, request: SentRequest): SentRequest {
  let changed = request;
  for (let left = random.pick([0, 1, 1, 1, 2, 3]); left > 0; left -= 1)
    changed = random.pick(MUTATIONS)(random, changed);
  return changed.body.length > 0 && sometimes(random, 8) ? chunked(random, changed) : changed;
}
