/**
 * One connection to a libSQL server, without awaiting: a stream of Hrana that begins with the first statement.
 * Promise: a failure is a StoreFault in the words of Spin's libSQL backend, and comes within the deadlines; one
 * that says "error trying to connect" was never sent. Closing rolls back. Counts parameters itself, as Spin does.
 */
import { StoreFault } from "../sqlite/driver.ts";
import { parameterPlan } from "../sqlite/sql-text.ts";
import {
  closeBody,
  cursorBody,
  RESULT_BYTES_MAX,
  readCursor,
  type StatementResult,
  type WireValue,
} from "./hrana.ts";
import type { Posted } from "./post.ts";
import type { SyncPoster } from "./sync-post.ts";

export interface LibsqlServer {
  /** http or https, with a path if the server lies under one. */
  readonly url: string;
  /** Empty for none. */
  readonly token: string;
  /** Default 5 s to connect and 20 s for an answer: below the 30 s that a request may take on the embedded host. */
  readonly connectMs?: number;
  readonly answerMs?: number;
}

const CONNECT_MS = 5000;
const ANSWER_MS = 20_000;
/** Values of 128 MiB in base64, and the JSON around them. */
const ANSWER_BYTES_MAX = RESULT_BYTES_MAX * 1.5;

export class LibsqlConnection {
  readonly #poster: SyncPoster;
  readonly #server: LibsqlServer;
  #baseUrl: string;
  #baton: string | null = null;
  /** A transaction was begun and has not been ended. */
  #inTransaction = false;

  constructor(poster: SyncPoster, server: LibsqlServer) {
    this.#poster = poster;
    this.#server = server;
    this.#baseUrl = server.url;
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** Runs one statement to its end. Throws StoreFault. */
  execute(sql: string, parameters: readonly WireValue[]): StatementResult {
    const wanted = parameterPlan(sql).count;
    if (parameters.length !== wanted) {
      const got = parameters.length;
      throw new StoreFault(`Wrong number of parameters passed to query. Got ${got}, needed ${wanted}`);
    }
    const verb = verbOf(sql);
    // Without a stream there is none, and a server that does not answer is not waited for a second time.
    if (this.#baton === null && ENDING.has(verb))
      throw new StoreFault(`cannot ${verb} - no transaction is active`);
    const outcome = this.#send(sql, parameters, verb);
    if (outcome instanceof StoreFault) throw outcome;
    if (verb === "begin" || verb === "savepoint") this.#inTransaction = true;
    if (ENDING.has(verb)) this.#inTransaction = false;
    return outcome;
  }

  /** Ends the stream. `wait` until the server has, so that a lock which it held is free afterwards. */
  close({ wait }: { wait: boolean }): void {
    const baton = this.#baton;
    this.#forget();
    if (baton === null) return;
    const post = this.#post("/v3/pipeline", closeBody(baton));
    if (wait) this.#poster.post(post);
    else this.#poster.postUnheard(post);
  }

  #send(sql: string, parameters: readonly WireValue[], verb: string): StatementResult | StoreFault {
    // Nothing is open, so a stream that turns out to be gone can be left for another.
    const isIdle = !this.#inTransaction;
    const posted = this.#poster.post(this.#post("/v3/cursor", cursorBody(this.#baton, sql, parameters)));
    if (!posted.ok) {
      this.#forget();
      // A kept connection that the server has closed meanwhile; to read, or to begin, twice does no harm.
      const repeatable = REPEATABLE.has(verb) && posted.sent && /ECONNRESET|socket hang up/.test(posted.text);
      return isIdle && repeatable ? this.#sendAfresh(sql, parameters) : lost(posted);
    }
    const answer = readCursor(posted.status, posted.body);
    this.#baton = answer.baton;
    if (answer.baseUrl !== null) this.#baseUrl = answer.baseUrl;
    if (answer.baton === null) this.#forget();
    return answer.forgotten && isIdle && verb !== "" ? this.#sendAfresh(sql, parameters) : answer.outcome;
  }

  /** Once: without its verb nothing is sent a third time. */
  #sendAfresh(sql: string, parameters: readonly WireValue[]): StatementResult | StoreFault {
    return this.#send(sql, parameters, "");
  }

  /** Whatever was open on the stream is gone with it. */
  #forget(): void {
    this.#baton = null;
    this.#baseUrl = this.#server.url;
    this.#inTransaction = false;
  }

  #post(route: string, body: string) {
    return {
      url: `${this.#baseUrl.replace(/\/+$/, "")}${route}`,
      token: this.#server.token,
      body,
      connectMs: this.#server.connectMs ?? CONNECT_MS,
      answerMs: this.#server.answerMs ?? ANSWER_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
    };
  }
}

const ENDING = new Set(["commit", "end", "rollback"]);
const REPEATABLE = new Set(["select", "begin"]);

function verbOf(sql: string): string {
  return /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? "";
}

/** As the HTTP library of Spin's backend says it: only the first form means that nothing was sent. */
function lost({ sent, text }: Extract<Posted, { ok: false }>): StoreFault {
  if (/exceeds limit/.test(text)) return new StoreFault(text);
  return new StoreFault(
    sent
      ? `Hrana: \`http error: \`${text}\`\``
      : `Hrana: \`http error: \`error trying to connect: ${text}\`\``,
  );
}
