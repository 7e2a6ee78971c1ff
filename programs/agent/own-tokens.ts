/** Tokens that an agent accepts by itself, whatever the origin says: a file of digests, one JSON object a token. */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import { ACCESSOR_PATTERN } from "../../lib/core/patterns.ts";
import { parseTokenDocument } from "../../lib/core/token.ts";
import { WrongUse } from "../start/stopped.ts";
import type { OwnToken } from "./tokens.ts";

const Own = z.array(
  z.object({ accessor: z.string().check(z.regex(new RegExp(ACCESSOR_PATTERN))), document: z.unknown() }),
);

/** Throws WrongUse for a file that is none of these. */
export function readOwnTokens(file: string): OwnToken[] {
  try {
    return Own.parse(JSON.parse(readFileSync(file, "utf8"))).map(({ accessor, document }) => {
      const token = parseTokenDocument(JSON.stringify(document));
      if (token === undefined) throw new Error(`the token ${accessor} is not whole`);
      return { accessor, document: token };
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new WrongUse(`--own-tokens ${file}: ${why}`, { cause });
  }
}
