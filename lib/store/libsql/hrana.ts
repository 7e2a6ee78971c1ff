/**
 * Hrana 3 over HTTP, as much of it as a store needs: one statement a request, by `POST /v3/cursor`, on a stream that
 * the server names with a baton. That is what Spin's libSQL backend sends, so a failure has the same words here and
 * there; the server's other route, `/v3/pipeline`, refuses an answer over 10 MB. Text and bytes only: no sockets here.
 */
import { StoreFault } from "../sqlite/driver.ts";

/** A value of SQLite, with the integer kept whole. */
export type WireValue = null | bigint | number | string | Uint8Array;

export interface StatementResult {
  readonly columns: readonly string[];
  readonly rows: WireValue[][];
  readonly changes: bigint;
  readonly rowid: bigint;
}

/** What the server's answer to one statement says. */
export interface CursorAnswer {
  /** Names the stream for the next statement; null when the server has closed it. */
  readonly baton: string | null;
  /** Where the stream goes on, when the server says so. */
  readonly baseUrl: string | null;
  /** The server does not know the stream any more: it did not look at the statement. */
  readonly forgotten: boolean;
  readonly outcome: StatementResult | StoreFault;
}

/** As the embedded host and Spin 4 cap it. */
export const RESULT_BYTES_MAX = 128 * 1024 * 1024;

/** The body of a request for one statement. */
export function cursorBody(baton: string | null, sql: string, parameters: readonly WireValue[]): string {
  const args = parameters.map(encodeValue);
  return JSON.stringify({ baton, batch: { steps: [{ stmt: { sql, args, want_rows: true } }] } });
}

/** The body of a request that ends a stream, for `/v3/pipeline`. The server rolls back what is open on it. */
export function closeBody(baton: string): string {
  return JSON.stringify({ baton, requests: [{ type: "close" }] });
}

function encodeValue(value: WireValue): unknown {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") return { type: "integer", value: String(value) };
  if (typeof value === "number") return { type: "float", value: jsonNumber(value) };
  if (typeof value === "string") return { type: "text", value };
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { type: "blob", base64: bytes.toString("base64") };
}

/** JSON has no infinity, and the server takes no other word for it. */
function jsonNumber(value: number): number {
  if (!Number.isFinite(value)) throw new StoreFault(`${value} cannot be sent to a libSQL server`);
  return value;
}

/** Reads the answer to `cursorBody`: a line with the baton, then a line for each thing that happened. */
export function readCursor(status: number, body: Uint8Array): CursorAnswer {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const closed = { baton: null, baseUrl: null, forgotten: false };
  if (status !== 200) {
    // 400 with one of these: a stream that was idle for 10 s, or one of a server that has been started again.
    const forgotten = status === 400 && /STREAM_EXPIRED|invalid baton/.test(text);
    return { ...closed, forgotten, outcome: new StoreFault(`Hrana: \`api error: \`${text}\`\``) };
  }
  const [first = "", ...rest] = text.split("\n");
  try {
    const opened: { baton: string | null; base_url: string | null } = JSON.parse(first);
    const outcome = resultOf(rest);
    return { baton: opened.baton, baseUrl: opened.base_url, forgotten: false, outcome };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // Not the server's answer: a proxy's page, say.
    return { ...closed, outcome: new StoreFault("Hrana: `json error: `not an answer of Hrana``", { cause }) };
  }
}

interface Line {
  readonly type: "step_begin" | "row" | "step_end" | "step_error" | "error" | "replication_index";
  readonly cols?: readonly { name: string | null }[];
  readonly row?: readonly Encoded[];
  readonly affected_row_count?: number;
  readonly last_insert_rowid?: number | string | null;
  readonly error?: { message: string; code?: string } | string;
}

function resultOf(lines: readonly string[]): StatementResult | StoreFault {
  let columns: string[] | undefined;
  const rows: WireValue[][] = [];
  let sizeBytes = 0;
  for (const text of lines) {
    if (text === "") continue;
    const line: Line = JSON.parse(text);
    if (line.type === "step_begin") columns = (line.cols ?? []).map(({ name }) => name ?? "");
    else if (line.type === "row") {
      const row = (line.row ?? []).map(decodeValue);
      for (const value of row)
        sizeBytes += typeof value === "string" || value instanceof Uint8Array ? value.length : 8;
      if (sizeBytes > RESULT_BYTES_MAX)
        return new StoreFault(`query result exceeds limit of ${RESULT_BYTES_MAX} bytes`);
      rows.push(row);
    } else if (line.type === "step_error" || line.type === "error") return refusal(line.error);
    else if (line.type === "step_end") {
      const changes = BigInt(line.affected_row_count ?? 0);
      return { columns: columns ?? [], rows, changes, rowid: BigInt(line.last_insert_rowid ?? 0) };
    }
  }
  // The answer broke off: the server may have gone on.
  return new StoreFault("Hrana: `http error: `connection closed before message completed``");
}

/** The words of Spin's backend around the server's. */
function refusal(error: Line["error"]): StoreFault {
  if (error === undefined || typeof error === "string")
    return new StoreFault(`Hrana: \`cursor error: \`${error ?? "no result has been returned"}\`\``);
  const code = error.code === undefined ? "" : `(error code: ${error.code}) `;
  return new StoreFault(`Hrana: \`cursor error: \`error at step 0: ${code}\`${error.message}\`\`\``);
}

type Encoded =
  | { readonly type: "null" }
  | { readonly type: "integer"; readonly value: string }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "blob"; readonly base64: string };

function decodeValue(value: Encoded): WireValue {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "blob":
      return new Uint8Array(Buffer.from(value.base64, "base64"));
    default:
      return value.value;
  }
}
