/** Rows of `operation` in the shapes of a snapshot: where an export, a base and a replay stand. */
import * as z from "zod/mini";
import { ReplayState } from "../../snapshot/digest-schema.ts";
import { BaseParts, ExportPosition } from "../../snapshot/schemas.ts";
import { row } from "./operation.ts";

const text = z.string();
const count = z.int().check(z.minimum(0));
const target = z.string().check(z.maxLength(64));

/** How far the bucket is. A position that was given up keeps its place: the restore points there are still ours. */
export const POSITION = row("position", z.union([ExportPosition, z.strictObject({ target, lineage: text })]));

/** A base in the making; the block is that of its digest. */
export const BASE = row(
  "base",
  z.strictObject({
    target,
    lineage: text,
    revision: count,
    phase: z.enum(["commits", "documents", "auth", "digest", "index"]),
    /** JSON of where the phase goes on; in the last phase the state's digest. */
    cursor: text,
    parts: z.readonly(BaseParts),
  }),
);

/** A replay that was put down between two ranges of keys; the block is that of its digest. */
export const REPLAY = row(
  "replay",
  z.strictObject({
    target,
    lineage: text,
    manifest: text,
    manifestSha256: text,
    startedMs: count,
    state: ReplayState,
  }),
);
