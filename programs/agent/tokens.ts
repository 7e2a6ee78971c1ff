/**
 * Whom this agent answers: tokens of its own, and those of the origin, for which a source has said what they may do. Promise:
 * of a token only its digest is kept; what a source said is good for a minute while a source answers, and for a bounded time
 * while none does; a token that a source refuses is refused with the next question about it.
 */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import type { Whoami } from "../../lib/api/document-answers.ts";
import { parseTime } from "../../lib/core/time.ts";
import {
  formatToken,
  type ParsedToken,
  parseTokenDocument,
  secretDigest,
  type TokenDocument,
} from "../../lib/core/token.ts";
import { LedgeError } from "../../packages/client/errors.ts";
import { openServer, type ServerOptions } from "../../packages/client/server.ts";
import { writeSecretFile } from "../cli/secret-file.ts";

export interface TokenBookOptions {
  /** Where what a source said outlives the process. */
  readonly file: string;
  /** Tokens that this agent has by itself. */
  readonly own: readonly OwnToken[];
  /** The sources that know tokens, in order; asked with the token that is to be judged. */
  readonly servers: readonly Omit<ServerOptions, "token">[];
  /** How long a token that no source can judge now is accepted by what was said last, in milliseconds. */
  readonly keepMs: number;
  readonly nowMs?: () => number;
}

export interface OwnToken {
  readonly accessor: string;
  readonly document: TokenDocument;
}

interface Known {
  readonly document: TokenDocument;
  /** As JSON, for the handlers. */
  readonly text: string;
  /** When a source last said so. */
  readonly saidMs: number;
}

export type Admitted = "known" | "unknown" | "nobody_answers" | "too_many";

/** While a source answers, it is asked again after so long. */
const FRESH_MS = 60_000;
/** After a refusal, and after silence, nobody is asked again for so long: nobody can make the origin busy through us. */
const AGAIN_MS = 10_000;
const REFUSED_MAX = 10_000;
/** Questions at one time: whoever makes up tokens does not make the origin busy. */
const ASKING_MAX = 32;
const ASK_MS = 3000;

export class TokenBook {
  readonly #options: TokenBookOptions;
  readonly #nowMs: () => number;
  readonly #own: ReadonlyMap<string, string>;
  readonly #known = new Map<string, Known>();
  readonly #refused = new Map<string, number>();
  readonly #asking = new Map<string, Promise<Admitted>>();
  /** The last question that nobody answered. */
  #silentMs = Number.NEGATIVE_INFINITY;

  constructor(options: TokenBookOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#own = new Map(options.own.map(({ accessor, document }) => [accessor, JSON.stringify(document)]));
    for (const [accessor, { document, saidMs }] of readKept(options.file))
      this.#note(accessor, document, saidMs);
  }

  /** What the handlers judge a caller by; undefined for a token that nobody has spoken for. */
  documentOf(accessor: string): string | undefined {
    const own = this.#own.get(accessor);
    if (own !== undefined) return own;
    const known = this.#known.get(accessor);
    return known === undefined || !this.#isKept(known) ? undefined : known.text;
  }

  /** Makes sure that what is known of a token is good: now where it is, else by asking a source. Never rejects. */
  admit(token: ParsedToken): Admitted | Promise<Admitted> {
    if (this.#own.has(token.accessor)) return "known";
    const nowMs = this.#nowMs();
    const digest = secretDigest(token.secret);
    const known = this.#known.get(token.accessor);
    if (known !== undefined && known.document.digest === digest) {
      if (nowMs - known.saidMs < FRESH_MS) return "known";
      if (this.#isKept(known) && nowMs - this.#silentMs < AGAIN_MS) return "known";
    }
    const name = `${token.accessor} ${digest}`;
    if (nowMs - (this.#refused.get(name) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return "unknown";
    if (!this.#asking.has(name) && this.#asking.size >= ASKING_MAX) return "too_many";
    const asking =
      this.#asking.get(name) ?? this.#ask(token, digest).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  #isKept({ saidMs }: Known): boolean {
    return this.#nowMs() - saidMs < this.#options.keepMs;
  }

  async #ask(token: ParsedToken, digest: string): Promise<Admitted> {
    const { accessor } = token;
    for (const one of this.#options.servers) {
      const server = openServer({ ...one, token: formatToken(token), attempts: 1, timeoutMs: ASK_MS });
      try {
        const said = await server.json<Whoami>({ method: "GET", path: "/v1/whoami" });
        this.#note(accessor, documentOf(said, digest), this.#nowMs());
        this.#keep();
        return "known";
      } catch (error) {
        if (!(error instanceof LedgeError) || error.status !== 401) continue;
        this.#refuse(accessor, digest);
        return "unknown";
      }
    }
    this.#silentMs = this.#nowMs();
    const known = this.#known.get(accessor);
    const isKnown = known !== undefined && known.document.digest === digest && this.#isKept(known);
    return isKnown ? "known" : "nobody_answers";
  }

  #note(accessor: string, document: TokenDocument, saidMs: number): void {
    this.#known.set(accessor, { document, text: JSON.stringify(document), saidMs });
  }

  #refuse(accessor: string, digest: string): void {
    // Somebody who guesses at a secret does not end the token of who has it.
    if (this.#known.get(accessor)?.document.digest === digest) {
      this.#known.delete(accessor);
      this.#keep();
    }
    if (this.#refused.size >= REFUSED_MAX) this.#refused.clear();
    this.#refused.set(`${accessor} ${digest}`, this.#nowMs());
  }

  #keep(): void {
    const { file } = this.#options;
    const rows = [...this.#known].map(([accessor, { document, saidMs }]) => ({ accessor, document, saidMs }));
    try {
      writeSecretFile(file, JSON.stringify(rows));
    } catch {
      // On a full disk they are known until this process ends.
    }
  }
}

function documentOf({ name, grants, created, expires }: Whoami, digest: string): TokenDocument {
  return {
    name,
    digest,
    grants,
    expiresMs: expires === undefined ? null : (parseTime(expires) ?? 0),
    createdMs: parseTime(created) ?? 0,
    creator: "_origin",
    revokedMs: null,
  };
}

const Kept = z.array(z.object({ accessor: z.string(), document: z.unknown(), saidMs: z.number() }));

/** None where nothing is kept, and where it cannot be read: then a source is asked. */
function readKept(file: string): [accessor: string, Omit<Known, "text">][] {
  try {
    return Kept.parse(JSON.parse(readFileSync(file, "utf8"))).flatMap(({ accessor, document, saidMs }) => {
      const token = parseTokenDocument(JSON.stringify(document));
      return token === undefined ? [] : [[accessor, { document: token, saidMs }]];
    });
  } catch {
    return [];
  }
}
