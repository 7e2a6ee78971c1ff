/**
 * Whether what came back on a connection is what the interface promises. Promise: a fault is said in one sentence. An
 * answer is a well-formed one; its status is one that the operation declares, or one that the front may give anywhere; a
 * refusal is a problem document with a code of the table; and nothing is done for who has no right to it.
 */
import { OPERATIONS } from "../../lib/api/operations.ts";
import { REFUSALS } from "../../lib/core/refusal-table.ts";
import { requestTarget } from "../../programs/host/front/guest-request.ts";
import { checkExchange, description } from "../openapi.ts";
import { type ReadAnswer, readAnswers } from "./answers.ts";
import type { CameBack } from "./connection.ts";
import type { FuzzCase, SentRequest } from "./sent.ts";
import type { Callers } from "./valid.ts";

/** What the front itself says, on any path: docs/http.md ("The embedded host itself answers …") and docs/host.md. */
export const FRONT_CODES: Readonly<Record<string, number>> = {
  bad_header: 400,
  body_timeout: 408,
  too_large: 413,
  uri_too_long: 414,
  expectation_failed: 417,
  wrong_host: 421,
  headers_too_large: 431,
  overloaded: 503,
};

const DECLARED = new Set([
  ...Object.values(FRONT_CODES).map(String),
  "405",
  ...Object.values(description.paths).flatMap((operations) =>
    Object.values(operations).flatMap(({ responses }) => Object.keys(responses)),
  ),
]);

/** The page of the root, which no description describes: for every method, as Spin gives what stands in spin.toml. */
const STATIC = /^\/*$/;
/** Spin's own paths: what is not there is an empty 404, as on Spin. */
const SPIN = /\/\.well-known\/spin\//;

/** What a namespace that is public shows to anybody. */
const PUBLIC = OPERATIONS.flatMap(({ path, needs }) =>
  typeof needs === "object" && "publicToo" in needs ? [path.replace(/\{.*/, "")] : [],
);

export interface Judged {
  readonly answers: readonly ReadAnswer[];
  readonly fault: string | undefined;
}

export function judge(fuzzCase: FuzzCase, { bytes, end }: CameBack, callers: Callers): Judged {
  try {
    if (end === "silence") throw new Error("no answer, and no end");
    if (end === "stream") return { answers: [], fault: undefined };
    const { requests, whole } = fuzzCase;
    const answers = readAnswers(bytes, whole ? requests.map(({ method }) => method) : []);
    if (requests.some(({ target }) => SPIN.test(target))) return { answers, fault: undefined };
    if (whole) judgeCount(fuzzCase, answers);
    else if (answers.length === 0 && saysSomething(fuzzCase) && !mayWait(fuzzCase))
      throw new Error("no answer at all");
    for (const [at, answer] of answers.entries()) judgeAnswer(answer, whole ? requests[at] : undefined);
    judgeRights(fuzzCase, answers, callers);
    return { answers, fault: undefined };
  } catch (error) {
    return { answers: [], fault: error instanceof Error ? error.message : String(error) };
  }
}

/** As many answers as requests, unless one said that it is the last. */
function judgeCount(fuzzCase: FuzzCase, answers: readonly ReadAnswer[]): void {
  const { requests } = fuzzCase;
  if (answers.length === requests.length) return;
  if (answers.length > requests.length)
    throw new Error(`${answers.length} answers to ${requests.length} requests`);
  if (answers.at(-1)?.headers.connection?.toLowerCase() === "close" || mayWait(fuzzCase)) return;
  throw new Error(`${answers.length} answers to ${requests.length} requests`);
}

/** Empty lines before a request line are none (RFC 9112 section 2.2). */
function saysSomething({ pieces }: FuzzCase): boolean {
  return Buffer.concat(pieces).toString("latin1").trim() !== "";
}

/** Who closes its side while it waits is taken to have gone. */
function mayWait({ requests, halfClose }: FuzzCase): boolean {
  return (
    halfClose &&
    requests.some(
      ({ target, headers }) =>
        /[?&]wait=/.test(target) || headers.some(([name]) => name.toLowerCase() === "ledge-min-revision"),
    )
  );
}

function judgeAnswer(answer: ReadAnswer, request: SentRequest | undefined): void {
  const { status, headers, body } = answer;
  if (status === 500) throw new Error(`500: ${body.toString("utf8").slice(0, 300)}`);
  const isHead = request?.method === "HEAD";
  const code = status >= 400 && !isHead ? codeOf(answer) : undefined;
  if (!DECLARED.has(String(status))) throw new Error(`${status} is declared nowhere`);
  if (code !== undefined && FRONT_CODES[code] === status) return;
  if (request === undefined) return;
  const uri = requestTarget(request.target);
  if (STATIC.test(uri.split("?")[0] ?? "")) return;
  if (isHead && status >= 400) return;
  checkExchange({
    method: request.method,
    uri,
    headers: request.headers,
    // What a GET carries means nothing (RFC 9110 section 9.3.1).
    body: request.method === "GET" || isHead ? Buffer.alloc(0) : unchunked(request),
    status,
    answerHeaders: headers,
    answer: body,
  });
}

/** What a refusal says that it is. Throws unless it is a whole problem document. */
function codeOf({ status, headers, body }: ReadAnswer): string {
  if (headers["content-type"] !== "application/problem+json")
    throw new Error(`${status} without a problem document: ${body.toString("latin1").slice(0, 100)}`);
  const problem: Readonly<Record<string, unknown>> = JSON.parse(
    new TextDecoder("utf-8", { fatal: true }).decode(body),
  );
  const meaning = Object.entries(REFUSALS).find(([code]) => code === problem.code)?.[1];
  if (meaning === undefined) throw new Error(`the code ${problem.code} is in no table`);
  const { type, title, detail } = problem;
  if (meaning.status !== status || problem.status !== status)
    throw new Error(`${problem.code} with ${status}`);
  if (
    type !== `/problems/${problem.code}` ||
    title !== meaning.title ||
    typeof detail !== "string" ||
    detail === ""
  )
    throw new Error(`a problem that says too little: ${JSON.stringify(problem)}`);
  return String(problem.code);
}

function unchunked({ headers, body }: SentRequest): Uint8Array {
  if (!headers.some(([name]) => name === "Transfer-Encoding")) return body;
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}

const CHANGING = ["PUT", "DELETE", "POST"];

/** A connection on which no secret that may change anything was sent is told of no change. */
function judgeRights(
  { pieces, requests, whole }: FuzzCase,
  answers: readonly ReadAnswer[],
  callers: Callers,
): void {
  const sent = Buffer.concat(pieces);
  const { reader, ...mayChange } = callers;
  if (Object.values(mayChange).some((secret) => sent.includes(secret))) return;
  const reads = sent.includes(reader);
  for (const [at, { status, headers }] of answers.entries()) {
    if (status < 200 || status >= 300) continue;
    const { method = "", target = "" } = (whole ? requests[at] : undefined) ?? {};
    const uri = requestTarget(target);
    if (STATIC.test(uri.split("?")[0] ?? "")) continue;
    if (whole && CHANGING.includes(method))
      throw new Error(`${method} ${target} was accepted without a right`);
    if (PUBLIC.some((path) => uri.startsWith(path))) continue;
    if (whole && !reads && headers["ledge-revision"] !== undefined)
      throw new Error(`${method} ${target} was told of the store`);
  }
}
