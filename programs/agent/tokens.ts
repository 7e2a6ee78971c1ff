/**
 * Whom this agent answers: tokens of its own, and those of the origin, for which a source has said what they may do. Promise:
 * of a token only its digest is kept; what a source said is good for a minute while a source answers, and for a bounded time
 * while none does; a token that a source refuses is refused with the next question about it. How long ago that was goes by a
 * clock that never jumps: one that is set wrong by years neither ends a token nor lets it live on.
 */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import { Whoami } from "../../lib/api/document-answers.ts";
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
  /** A clock that never jumps, and the one of people. */
  readonly clocks?: TokenClocks;
}

export interface TokenClocks {
  steadyMs(): number;
  wallMs(): number;
}

const CLOCKS: TokenClocks = { steadyMs: () => performance.now(), wallMs: () => Date.now() };

export interface OwnToken {
  readonly accessor: string;
  readonly document: TokenDocument;
}

/** The same object as long as sources say the same. */
interface Known {
  readonly document: TokenDocument;
  /** As JSON, for the handlers. */
  readonly text: string;
  /** When a source last said so, by the steady clock; before it began, where an earlier process was told. */
  saidMs: number;
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
/** So often it is kept how old all is, while nobody answers: a later process may not have the clock of this one. */
const KEEP_AGES_MS = 600_000;

export class TokenBook {
  readonly #options: TokenBookOptions;
  readonly #clocks: TokenClocks;
  readonly #own: ReadonlyMap<string, string>;
  readonly #known = new Map<string, Known>();
  readonly #refused = new Map<string, number>();
  readonly #asking = new Map<string, Promise<Admitted>>();
  /** The last question that nobody answered. */
  #silentMs = Number.NEGATIVE_INFINITY;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(options: TokenBookOptions) {
    this.#options = options;
    this.#clocks = options.clocks ?? CLOCKS;
    this.#own = new Map(options.own.map(({ accessor, document }) => [accessor, JSON.stringify(document)]));
    for (const { accessor, document, ageMs } of readKept(options.file, this.#clocks.wallMs()))
      this.#note(accessor, document, this.#nowMs() - ageMs);
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
    if (known !== undefined && known.document.digest === digest && this.#isGood(known, token)) return "known";
    if (nowMs - (this.#refused.get(nameOf(token, digest)) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS)
      return "unknown";
    return this.#askOnce(token, digest);
  }

  /** For a token that was admitted just now: says, as often as it is called, whether it still would be by the same word. */
  goodnessOf(token: ParsedToken): () => boolean {
    if (this.#own.has(token.accessor)) return () => true;
    const known = this.#known.get(token.accessor);
    if (known === undefined || known.document.digest !== secretDigest(token.secret)) return () => false;
    return () => this.#known.get(token.accessor) === known && this.#isGood(known, token);
  }

  /** Without waiting for a source: it was asked lately, or does not answer. */
  #isGood(known: Known, token: ParsedToken): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - known.saidMs < FRESH_MS) return true;
    if (!this.#isSilent || !this.#isKept(known)) return false;
    // A link that swallows everything costs no reader the time that a question has.
    if (nowMs - this.#silentMs >= AGAIN_MS) void this.#askOnce(token, known.document.digest);
    return true;
  }

  /** Nobody answered the last question. */
  get #isSilent(): boolean {
    return Number.isFinite(this.#silentMs);
  }

  /** Whoever asks about the same token meanwhile gets the same answer. */
  #askOnce(token: ParsedToken, digest: string): Promise<Admitted> | "too_many" {
    const name = nameOf(token, digest);
    const known = this.#asking.get(name);
    if (known !== undefined) return known;
    if (this.#asking.size >= ASKING_MAX) return "too_many";
    const asking = this.#ask(token, digest).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  #nowMs(): number {
    return this.#clocks.steadyMs();
  }

  #isKept({ saidMs }: Known): boolean {
    return this.#nowMs() - saidMs < this.#options.keepMs;
  }

  async #ask(token: ParsedToken, digest: string): Promise<Admitted> {
    const { accessor } = token;
    for (const one of this.#options.servers) {
      const server = openServer({ ...one, token: formatToken(token), attempts: 1, timeoutMs: ASK_MS });
      try {
        const said = Whoami.parse(await server.json({ method: "GET", path: "/v1/whoami" }));
        this.#silentMs = Number.NEGATIVE_INFINITY;
        this.#note(accessor, documentOf(said, digest), this.#nowMs());
        this.#keep();
        return "known";
      } catch (error) {
        if (!isRefusal(error)) continue;
        this.#silentMs = Number.NEGATIVE_INFINITY;
        this.#refuse(accessor, digest);
        return "unknown";
      }
    }
    this.#silentMs = this.#nowMs();
    if (this.#silentMs - this.#keptMs >= KEEP_AGES_MS) this.#keep();
    const known = this.#known.get(accessor);
    const isKnown = known !== undefined && known.document.digest === digest && this.#isKept(known);
    return isKnown ? "known" : "nobody_answers";
  }

  #note(accessor: string, document: TokenDocument, saidMs: number): void {
    const text = JSON.stringify(document);
    const known = this.#known.get(accessor);
    if (known?.text === text) known.saidMs = saidMs;
    else this.#known.set(accessor, { document, text, saidMs });
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
    const nowMs = this.#nowMs();
    this.#keptMs = nowMs;
    for (const [accessor, known] of this.#known) if (!this.#isKept(known)) this.#known.delete(accessor);
    const tokens = [...this.#known].map(([accessor, { document, saidMs }]) => ({
      accessor,
      document,
      ageMs: Math.round(nowMs - saidMs),
    }));
    try {
      writeSecretFile(file, JSON.stringify({ writtenMs: this.#clocks.wallMs(), tokens } satisfies Kept));
    } catch {
      // On a full disk they are known until this process ends.
    }
  }
}

function nameOf({ accessor }: ParsedToken, digest: string): string {
  return `${accessor} ${digest}`;
}

/** By Ledge's own word: what a proxy or the page of a hotel's network answers with 401 ends no token. */
function isRefusal(error: unknown): boolean {
  return error instanceof LedgeError && error.status === 401 && error.code !== "bad_answer";
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

const Kept = z.object({
  /** By the clock of people. */
  writtenMs: z.number(),
  /** How old what a source said was then. */
  tokens: z.array(
    z.object({ accessor: z.string(), document: z.unknown(), ageMs: z.number().check(z.gte(0)) }),
  ),
});
type Kept = z.infer<typeof Kept>;

/**
 * None where nothing is kept, and where it cannot be read: then a source is asked. Between two processes there is the clock of
 * people alone: what it has gone ahead counts, and where it was set back, at the least the time that was counted before.
 */
function readKept(
  file: string,
  wallMs: number,
): { readonly accessor: string; readonly document: TokenDocument; readonly ageMs: number }[] {
  try {
    const { writtenMs, tokens } = Kept.parse(JSON.parse(readFileSync(file, "utf8")));
    const sinceMs = Math.max(0, wallMs - writtenMs);
    return tokens.flatMap(({ accessor, document, ageMs }) => {
      const token = parseTokenDocument(JSON.stringify(document));
      return token === undefined ? [] : [{ accessor, document: token, ageMs: ageMs + sinceMs }];
    });
  } catch {
    return [];
  }
}
