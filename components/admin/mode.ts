/** Read-only mode: a document in `_system` that every commit obeys. Reads go on; only the mode can be written. */
import type { ModeAnswer } from "../../lib/api/admin-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Context } from "../../lib/http/context.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { etagOf } from "./setting-etag.ts";
import { writeSetting } from "./settings-write.ts";

const MODE = { namespace: "_system", key: "mode" } as const;

export function getMode(_input: object, { world }: Context): Result<ModeAnswer> {
  const setting = findSetting(world.db, MODE.namespace, MODE.key);
  if (setting === undefined) return jsonReply(200, { mode: "open" });
  const { mode }: ModeAnswer = JSON.parse(setting.json);
  return jsonReply(200, { mode }, [["etag", etagOf(setting)]]);
}

/** Without a condition the newer wish wins: closing the store must not fail for want of an ETag. */
export function putMode(input: Input<"putMode">, context: Context): Result<ModeAnswer> {
  const { condition, body } = input;
  const state =
    condition.kind === "none"
      ? { ifRevision: -1, ifLineage: null }
      : namedState(context.world.db, { ...MODE, op: "put" }, condition).state;
  const change = { ...MODE, json: JSON.stringify(body), state };
  return writeSetting(context, { change, words: input }, ({ result }) =>
    jsonReply(200, body, result.etag === null ? [] : [["etag", result.etag]]),
  );
}
