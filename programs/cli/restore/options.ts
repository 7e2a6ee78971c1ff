/** What `ledge restore` takes on its command line, judged by name before anything is asked of a bucket. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { NewRoot } from "../../../lib/api/restore-bodies.ts";
import type { Wanted } from "../../../lib/backup/restore/find-snapshot.ts";
import { formatTime } from "../../../lib/core/time.ts";
import {
  formatToken,
  newToken,
  type ParsedToken,
  parseToken,
  secretDigest,
} from "../../../lib/core/token.ts";
import { parseTypedMoment, TYPED_MOMENT } from "../../../lib/core/typed-moment.ts";
import type { BucketFlags } from "../backup/source.ts";
import { EXIT, Failure } from "../failure.ts";
import { wholeNumber } from "../whole-number.ts";

export interface RestoreFlags extends BucketFlags {
  readonly to?: string;
  readonly toDir?: string;
  readonly namespace?: readonly string[];
  readonly foldCase?: boolean;
  readonly revision?: string;
  readonly time?: string;
  readonly branch?: string;
  readonly plan?: boolean;
  readonly replace?: boolean;
  readonly trust?: readonly string[];
  readonly revokeAll?: boolean;
  readonly newRoot?: string;
  readonly minRevision?: string;
  readonly server?: boolean;
  readonly secretFile?: string;
  readonly restart?: boolean;
  readonly output: "text" | "json";
}

/** Refuses combinations that mean nothing. */
export function judgeOptions(options: RestoreFlags): void {
  const { to, toDir, plan, server, replace, revokeAll, newRoot, revision, time, from } = options;
  const usage = (message: string) => new Failure(EXIT.usage, message);
  if (to === undefined && toDir === undefined && plan !== true && server !== true)
    throw usage("say where to: --to FILE, --to-dir DIR or --server; or --plan to look first");
  if ([to, toDir, server].filter((one) => one !== undefined && one !== false).length > 1)
    throw usage("--to, --to-dir and --server are three ways; choose one");
  if (revision !== undefined && time !== undefined) throw usage("name a --revision or a --time, not both");
  if (replace === true && to === undefined) throw usage("--replace goes with --to");
  if (revokeAll === true && newRoot === undefined)
    throw usage("--revoke-all leaves no live root token: add --new-root FILE for a fresh one");
  if (revokeAll === true && to === undefined) throw usage("--revoke-all goes with --to");
  if (newRoot !== undefined && to === undefined && server !== true)
    throw usage("--new-root goes with --to or --server");
  if (server === true && from !== undefined)
    throw usage("--server restores from the server's own bucket: leave --from out");
  if (options.namespace !== undefined && toDir === undefined) throw usage("-n goes with --to-dir");
  if (newRoot !== undefined && server !== true && existsSync(newRoot))
    throw new Failure(EXIT.refused, `${newRoot} exists`, { hint: "a token is never written over" });
}

/** The point that is asked for. */
export function wantedOf({ revision, time, branch }: RestoreFlags): Wanted {
  const timeMs = time === undefined ? undefined : parseTypedMoment(time, { nowMs: Date.now(), span: "back" });
  if (time !== undefined && timeMs === undefined)
    throw new Failure(EXIT.usage, `--time takes ${TYPED_MOMENT} ago`);
  return { revision: wholeNumber("--revision", revision), timeMs, branch };
}

/** The same, with the moment as the interface takes it: a span is counted from now once, and not with each request. */
export function withPlainTime(options: RestoreFlags): RestoreFlags {
  const { timeMs } = wantedOf(options);
  return timeMs === undefined ? options : { ...options, time: formatTime(timeMs) };
}

/**
 * A fresh root token: its secret is in the file, for its owner only, before anything is restored; only its digest
 * goes into the store. When the work fails, the file goes too, unless somebody else may still finish the work.
 */
export async function withNewRoot<T>(
  { newRoot: file, server }: RestoreFlags,
  work: (newRoot: NewRoot | undefined) => Promise<T>,
): Promise<T> {
  if (file === undefined) return work(undefined);
  const token = server === true && existsSync(file) ? readToken(file) : writeToken(file);
  try {
    return await work({ name: "root", accessor: token.accessor, digest: secretDigest(token.secret) });
  } catch (error) {
    if (server !== true) rmSync(file, { force: true });
    throw error;
  }
}

function writeToken(file: string): ParsedToken {
  const token = newToken((length) => randomBytes(length));
  writeFileSync(file, `${formatToken(token)}\n`, { mode: 0o600, flag: "wx" });
  return token;
}

/** An earlier try wrote it; the server may have been told of it already. */
function readToken(file: string): ParsedToken {
  const token = parseToken(readFileSync(file, "utf8").trim());
  if (token === undefined) throw new Failure(EXIT.refused, `${file} exists, and holds no token`);
  return token;
}
