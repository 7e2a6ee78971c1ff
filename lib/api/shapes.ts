/** The small schemas that bodies and answers are made of, each once. */
import * as z from "zod/mini";
import { ACCESSOR_PATTERN, ETAG_PATTERN, LINEAGE_PATTERN, SHA256_PATTERN } from "../core/patterns.ts";
import { line, words } from "./words.ts";

export const count = z.int().check(z.minimum(0));
export const revision = z.int().check(z.minimum(1));
export const moment = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));
/** A day in UTC. */
export const day = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/));
export const etag = z.string().check(z.regex(new RegExp(ETAG_PATTERN)));
export const lineage = z.string().check(z.regex(new RegExp(LINEAGE_PATTERN)));
export const accessor = z.string().check(z.regex(new RegExp(ACCESSOR_PATTERN)));
export const sha256 = z.string().check(z.regex(new RegExp(SHA256_PATTERN)));
export const cursor = z.string().check(z.regex(/^[A-Za-z0-9_-]+$/));

/** Text of at most so many characters. */
export const text = (max: number) => z.string().check(z.maxLength(max));

/**
 * A list that is counted before any of it is looked at: a body of millions of items costs one refusal, not one for each.
 */
export const list = <T extends z.ZodMiniType>(item: T, { min = 0, max }: { min?: number; max: number }) =>
  z.pipe(
    z.array(z.unknown()).check(z.maxLength(max)),
    z.array(item).check(z.minLength(min), z.maxLength(max)),
  );

/**
 * The same for a record of short texts. Names that begin with `_` are Ledge's own; and its reader would drop a member
 * `__proto__` in silence.
 */
export const shortTexts = (max: number) =>
  z.pipe(
    z.unknown().check(
      z.refine((value) => typeof value !== "object" || value === null || Object.keys(value).length <= max, {
        error: `at most ${max} members`,
        abort: true,
      }),
      z.refine(
        (value) =>
          typeof value !== "object" || value === null || !Object.keys(value).some((name) => name[0] === "_"),
        { error: "no name begins with _ (such as __proto__): these are Ledge's own" },
      ),
    ),
    z.record(line(64).check(z.minLength(1)), words(256)),
  );
