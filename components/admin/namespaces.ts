/**
 * Namespaces: documents in `_system` under `namespace/<name>`. Making, changing and deleting one needs a root
 * token; holders of `admin` over a namespace see it.
 */
import type { Namespace, NamespacesPage } from "../../lib/api/admin-answers.ts";
import type { NamespaceBody } from "../../lib/api/admin-bodies.ts";
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { namespaceKey } from "../../lib/core/namespace.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { putSetting } from "./put-setting.ts";
import { etagOf } from "./setting-etag.ts";
import { settingsPage } from "./settings-page.ts";

const PREFIX = "namespace/";

export function getNamespaces(input: Input<"listNamespaces">, context: Context): Result<NamespacesPage> {
  const { grants } = context.caller;
  const page = settingsPage(input, context, {
    kind: "namespaces",
    namespace: "_system",
    prefix: PREFIX,
    shows: ({ key }) => allowsSome(grants, "admin", key.slice(PREFIX.length)),
  });
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { namespaces: shown.map(namespaceView), ...next }, headers);
}

export function getNamespace({ namespace }: Input<"readNamespace">, { world }: Context): Result<Namespace> {
  const setting = findSetting(world.db, "_system", namespaceKey(namespace));
  if (setting === undefined) return noNamespace(namespace);
  return jsonReply(200, namespaceView(setting), [["etag", etagOf(setting)]]);
}

export function putNamespace(input: Input<"putNamespace">, context: Context): Result<CommitAnswer> {
  return write(input, context, JSON.stringify(input.body));
}

export function deleteNamespace(input: Input<"deleteNamespace">, context: Context): Result<CommitAnswer> {
  return write(input, context, null);
}

function write(
  input: Input<"putNamespace"> | Input<"deleteNamespace">,
  context: Context,
  json: string | null,
): Result<CommitAnswer> {
  const { namespace } = input;
  return putSetting(context, { key: namespaceKey(namespace), json, input }, ({ code }) =>
    code === "not_found" ? noNamespace(namespace) : undefined,
  );
}

function noNamespace(name: string) {
  return refuse("namespace_not_found", `There is no namespace ${name}.`);
}

function namespaceView(setting: Setting): Namespace {
  const settings: NamespaceBody = JSON.parse(setting.json);
  return {
    name: setting.key.slice(PREFIX.length),
    ...settings,
    keys: setting.keys,
    bytes: setting.bytes,
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
