/**
 * Settings of a namespace by scope: documents `<kind>/<namespace>/<scope>` of `_system`. Who administers the whole namespace
 * changes them, which the commit's rules judge; whoever administers some of it sees them.
 */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, listSettings, type Setting } from "../../lib/store/documents/settings.ts";
import { type PutSetting, putSetting } from "./put-setting.ts";
import { type SettingsPage, settingsPage } from "./settings-page.ts";

export interface ScopedKind {
  /** The first part of their keys. */
  readonly kind: "policy" | "schema";
  /** The last part of their path. */
  readonly path: "policies" | "schemas";
  /** How many a namespace may have. */
  readonly max: number;
}

interface Place {
  readonly namespace: string;
  readonly scope: string;
}

/** Refuses `bad_cursor`. */
export function listScoped(
  { kind, path }: Omit<ScopedKind, "max">,
  input: {
    readonly namespace: string | null;
    readonly limit: number;
    readonly cursor: string | undefined;
  },
  context: Context,
): Outcome<SettingsPage> {
  const { namespace } = input;
  return settingsPage(input, context, {
    kind: path,
    namespace: "_system",
    prefix: namespace === null ? `${kind}/` : `${kind}/${namespace}/`,
    ...(namespace === null ? {} : { filter: { name: "ns", text: namespace } }),
    shows: ({ key }) => allowsSome(context.caller.grants, "admin", placeOfScoped(key).namespace),
  });
}

/** Refuses `bad_parameter`, `namespace_not_found` and `not_found`. */
export function findScoped(
  { kind }: ScopedKind,
  { namespace, scope }: Place,
  { view, world }: Context,
): Outcome<Setting> {
  const judged = judgeScope(scope);
  if (!judged.ok) return refuse("bad_parameter", judged.detail);
  const absent = requireNamespace(namespace, view);
  if (absent !== undefined) return absent;
  const setting = findSetting(world.db, "_system", `${kind}/${namespace}/${scope}`);
  return setting === undefined ? none(kind, { namespace, scope }) : accept(setting);
}

type WriteInput = Place & PutSetting["input"];

/** Puts the document, or deletes it where `json` is null. Refuses `quota_exceeded` for one too many. */
export function writeScoped(
  { kind, path, max }: ScopedKind,
  input: WriteInput,
  { context, json }: { readonly context: Context; readonly json: string | null },
): Result<CommitAnswer> {
  const { namespace, scope } = input;
  const judged = judgeScope(scope);
  if (!judged.ok) return refuse("bad_parameter", judged.detail);
  const absent = requireNamespace(namespace, context.view);
  if (absent !== undefined) return absent;
  const prefix = `${kind}/${namespace}/`;
  const key = prefix + scope;
  const { db } = context.world;
  // Whoever makes others meanwhile may come to a few more, which does no harm.
  const isNew = json !== null && findSetting(db, "_system", key) === undefined;
  if (isNew && listSettings(db, "_system", { prefix, after: "", limit: max }).length === max)
    return refuse("quota_exceeded", `A namespace has at most ${max} ${path}.`, {
      members: { limit: max, size: max + 1 },
    });
  return putSetting(context, { key, json, input }, ({ code }) => {
    if (code === "not_found") return none(kind, input);
    return code === "forbidden"
      ? refuse("forbidden", `This needs the verb admin over all of ${namespace}.`)
      : undefined;
  });
}

/** What a document's key says. */
export function placeOfScoped(key: string): Place {
  const [kind = "", namespace = ""] = key.split("/", 2);
  return { namespace, scope: key.slice(kind.length + namespace.length + 2) };
}

function none(kind: string, { namespace, scope }: Place) {
  return refuse(
    "not_found",
    `There is no ${kind} of ${scope === "" ? "all of" : `${scope} in`} ${namespace}.`,
  );
}
