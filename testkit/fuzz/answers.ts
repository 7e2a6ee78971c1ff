/**
 * What came back on a connection, read as RFC 9112 says and no more kindly: a line, field lines, a body of the length that
 * was said. Throws at the first byte that stands where it may not.
 */

export interface ReadAnswer {
  readonly status: number;
  /** Names in lower case; what came twice is joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*$/;
const FIELD_LINE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/;
/** Of these an answer has one at most. */
const SINGLE = [
  "content-length",
  "content-type",
  "etag",
  "date",
  "transfer-encoding",
  "location",
  "retry-after",
];

/** What is said where there is no request to answer; the connection ends with it. */
const UNREADABLE = [400, 405, 408, 431];

/** All answers. `methods` are the requests' in their order, for HEAD, whose answer has no body. */
export function readAnswers(bytes: Buffer, methods: readonly string[]): ReadAnswer[] {
  const answers: ReadAnswer[] = [];
  let at = 0;
  let closed = false;
  while (at < bytes.length) {
    if (closed) throw new Error("bytes behind an answer that said that it is the last");
    const head = readHead(bytes, at);
    const { status, headers } = head;
    at = head.end;
    if (status < 200) continue;
    closed = headers.connection?.toLowerCase() === "close";
    // Of a head that cannot be read nobody knows that it is HEAD's.
    const isHead =
      methods[answers.length] === "HEAD" && !(UNREADABLE.includes(status) && closed && at < bytes.length);
    const bodiless = status === 204 || status === 304 || isHead;
    const { body, end } = bodiless ? { body: Buffer.alloc(0), end: at } : readBody(bytes, at, headers);
    at = end;
    if (headers.date === undefined) throw new Error("an answer without Date");
    if (status === 204 && headers["content-length"] !== undefined) throw new Error("a length of nothing");
    answers.push({ status, headers, body });
  }
  return answers;
}

function readHead(bytes: Buffer, begin: number) {
  const end = bytes.indexOf("\r\n\r\n", begin);
  if (end < 0) throw new Error("a head that does not end");
  const [line = "", ...fields] = bytes.toString("latin1", begin, end).split("\r\n");
  const status = STATUS_LINE.exec(line)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(line.slice(0, 200))}`);
  return { status: Number(status), headers: readFields(fields), end: end + 4 };
}

function readFields(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const [, name = "", value = ""] = FIELD_LINE.exec(field) ?? [];
    if (name === "") throw new Error(`no field line: ${JSON.stringify(field.slice(0, 200))}`);
    const key = name.toLowerCase();
    if (headers[key] !== undefined && SINGLE.includes(key)) throw new Error(`${key} twice`);
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

function readBody(bytes: Buffer, begin: number, headers: Readonly<Record<string, string>>) {
  const { "content-length": length, "transfer-encoding": coding } = headers;
  if (length !== undefined && coding !== undefined) throw new Error("two lengths of one body");
  if (coding !== undefined) return readChunks(bytes, begin, coding);
  if (length === undefined || !/^(0|[1-9]\d*)$/.test(length))
    throw new Error(`a body of the length ${length}`);
  const end = begin + Number(length);
  if (end > bytes.length) throw new Error(`a body that ends ${end - bytes.length} bytes too early`);
  return { body: bytes.subarray(begin, end), end };
}

function readChunks(bytes: Buffer, begin: number, coding: string) {
  if (coding !== "chunked") throw new Error(`a body in the coding ${coding}`);
  const parts: Buffer[] = [];
  for (let at = begin; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = bytes.toString("latin1", at, Math.max(lineEnd, at));
    if (!/^[0-9a-f]{1,8}$/i.test(size))
      throw new Error(`a chunk of the size ${JSON.stringify(size.slice(0, 20))}`);
    const from = lineEnd + 2;
    const to = from + Number.parseInt(size, 16);
    if (bytes.toString("latin1", to, to + 2) !== "\r\n") throw new Error("a chunk that does not end");
    if (to === from) return { body: Buffer.concat(parts), end: to + 2 };
    parts.push(bytes.subarray(from, to));
    at = to + 2;
  }
}
