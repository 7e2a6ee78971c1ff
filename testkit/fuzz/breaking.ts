/** What makes it doubtful where a request ends, or whether it is one: its line, its field lines, its lengths, its bytes. */
import type { Random } from "../random.ts";
import { requestBytes, type SentRequest, withParts } from "./sent.ts";

type Field = readonly [string, string];
type Breaking = (random: Random, request: SentRequest) => Buffer;

const brokenLine: Breaking = (random, request) =>
  requestBytes(
    withParts(request, {
      method: random.pick([
        request.method,
        "FOO",
        "get",
        "CONNECT",
        "",
        "G\tT",
        "GET\0",
        "PRI",
        "M-SEARCH",
        "QUERY",
        "x".repeat(5000),
      ]),
      target: random.pick([
        request.target,
        "",
        "x",
        "//",
        "/\0",
        "/#a",
        "/a b",
        "/\xe9",
        "/\x7f",
        "http://",
        "http://[::1",
        "127.0.0.1:80",
        `/${"a".repeat(20_000)}`,
        "/\\..\\",
      ]),
      version: random.pick([
        request.version,
        "HTTP/1.0",
        "HTTP/0.9",
        "HTTP/1.2",
        "HTTP/2.0",
        "HTTP/9.9",
        "http/1.1",
        "HTTP/1.1 ",
        "HTTP/11",
        "",
        "ICE/1.0",
      ]),
    }),
  );

const FIELDS: readonly [Field, ...Field[]] = [
  ["Content-Length", "0"],
  ["Content-Length", "5"],
  ["Content-Length", "-1"],
  ["Content-Length", "+1"],
  ["Content-Length", "0x1"],
  ["Content-Length", "1, 1"],
  ["Content-Length", "1 1"],
  ["Content-Length", "99999999999999999999"],
  ["Content-Length", ""],
  ["Content-Length", "9007199254740993"],
  ["Content-Length ", "5"],
  ["Content_Length", "5"],
  ["Transfer-Encoding", "chunked"],
  ["Transfer-Encoding", "identity"],
  ["Transfer-Encoding", "gzip, chunked"],
  ["Transfer-Encoding", "chunked, gzip"],
  ["Transfer-Encoding", "xchunked"],
  ["Transfer-Encoding", "chunked;q=1"],
  ["Transfer-Encoding", "\x0bchunked"],
  ["TE", "trailers"],
  ["Trailer", "Authorization"],
  ["Connection", "close"],
  ["Connection", "keep-alive"],
  ["Connection", "Authorization"],
  ["Connection", "upgrade"],
  ["Upgrade", "websocket"],
  ["Upgrade", "h2c"],
  ["HTTP2-Settings", "AAMAAABkAAQAAP__"],
  ["Keep-Alive", "timeout=9999"],
  ["", "x"],
  ["X Y", "z"],
  ["X\0", "y"],
  ["X", "a\0b"],
  ["X", "a\rb"],
  ["X", "a\nb"],
  ["X", "a\r\n folded"],
  ["X", "a\r\n\tfolded"],
  ["X\xe9", "y"],
  ["(X)", "y"],
  ["x".repeat(20_000), "y"],
  ["Host", "a b"],
  ["Host", "127.0.0.1:99999"],
  ["Host", "[::1"],
  ["Host", "127.0.0.1/x"],
  ["Host", "u@127.0.0.1"],
  ["Host", "\xe9"],
  ["Host", "127.0.0.1, elsewhere"],
];

const brokenFields: Breaking = (random, request) => {
  const fields = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => random.pick(FIELDS));
  const kept = random.below(3) === 0 ? request.headers.filter(([name]) => name !== "Host") : request.headers;
  return requestBytes(
    withParts(request, { headers: random.below(2) === 0 ? [...fields, ...kept] : [...kept, ...fields] }),
  );
};

const manyFields: Breaking = (random, request) => {
  const many = Array.from({ length: random.pick([100, 2000, 5000]) }, () => ["a", "b"] as const);
  return requestBytes(withParts(request, { headers: [...request.headers, ...many] }));
};

const CHUNKS = [
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "5\r\nhello\r\n",
  "5\r\nhel",
  "5;a=b\r\nhello\r\n0\r\n\r\n",
  "5 \r\nhello\r\n0\r\n\r\n",
  "-1\r\n\r\n",
  "0x5\r\nhello\r\n0\r\n\r\n",
  "ffffffffffffffffff\r\n",
  "FFFFFFFF\r\nx",
  "g\r\n\r\n",
  "\r\n",
  "5\nhello\n0\n\n",
  "5\r\nhello0\r\n\r\n",
  "0\r\nAuthorization: Bearer x\r\n\r\n",
  "0\r\nX: a\r\nContent-Length: 5\r\n\r\n",
  `0\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
  "00000000000000000000000000000005\r\nhello\r\n0\r\n\r\n",
  `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  '5;a="\r\n"\r\nhello\r\n0\r\n\r\n',
] as const;

const brokenChunks: Breaking = (random, request) => {
  const both = random.below(3) === 0;
  const kept = both ? request.headers : request.headers.filter(([name]) => name !== "Content-Length");
  return requestBytes(
    withParts(request, {
      headers: [...kept, ["Transfer-Encoding", "chunked"]],
      body: Buffer.from(random.pick(CHUNKS)),
    }),
  );
};

const otherLength: Breaking = (random, request) => {
  const bytes = request.body.length;
  const length = random.pick([bytes - 1, bytes + 1, bytes + 100, 0, 16_777_217, 100]);
  const headers = request.headers.filter(([name]) => name !== "Content-Length");
  return requestBytes(withParts(request, { headers: [...headers, ["Content-Length", String(length)]] }));
};

const cutOff: Breaking = (random, request) => {
  const bytes = requestBytes(request);
  return bytes.subarray(0, random.below(bytes.length));
};

const otherBytes: Breaking = (random, request) => {
  const bytes = Buffer.from(requestBytes(request));
  const span = Math.min(bytes.length, 400);
  for (let left = 1 + random.below(4); left > 0; left -= 1) bytes[random.below(span)] = random.below(256);
  return bytes;
};

const otherLineEnds: Breaking = (random, request) =>
  Buffer.from(
    requestBytes(request)
      .toString("latin1")
      .replaceAll("\r\n", random.pick(["\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n"])),
    "latin1",
  );

const noise: Breaking = (random, request) =>
  Buffer.concat([
    random.below(2) === 0
      ? Buffer.from(random.pick(["\r\n", "\n\n", " ", "\0", "\x16\x03\x01\x02"]))
      : Buffer.from(random.bytes(random.below(200))),
    requestBytes(request),
  ]);

const BREAKINGS = [
  brokenLine,
  brokenLine,
  brokenFields,
  brokenFields,
  brokenFields,
  manyFields,
  brokenChunks,
  brokenChunks,
  otherLength,
  cutOff,
  otherBytes,
  otherBytes,
  otherLineEnds,
  noise,
] as const;

export function brokenBytes(random: Random, request: SentRequest): Buffer {
  return random.pick(BREAKINGS)(random, request);
}
