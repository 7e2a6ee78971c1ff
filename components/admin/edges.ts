/** Edges: documents in `_system` under `edge/<name>`, with the labels that rings of rollouts go by. */

import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Edge, EdgeBody, EdgesPage } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { edgeKey, edgeOfKey } from "../../lib/core/rollout/documents.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { putSetting } from "./put-setting.ts";
import { etagOf } from "./setting-etag.ts";
import { settingsPage } from "./settings-page.ts";

const PREFIX = edgeKey("");

export function getEdges(input: Input<"listEdges">, context: Context): Result<EdgesPage> {
  const page = settingsPage(input, context, {
    kind: "edges",
    namespace: "_system",
    prefix: PREFIX,
    shows: () => true,
  });
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { edges: shown.map(edgeView), ...next }, headers);
}

export function getEdge(input: Input<"readEdge">, { world }: Context): Result<Edge> {
  const edge = edgeOf(input.edge);
  if (!edge.ok) return edge;
  const setting = findSetting(world.db, "_system", edgeKey(edge.value));
  if (setting === undefined) return noEdge(edge.value);
  return jsonReply(200, edgeView(setting), [["etag", etagOf(setting)]]);
}

export function putEdge(input: Input<"putEdge">, context: Context): Result<CommitAnswer> {
  return write(input, context, JSON.stringify(input.body));
}

export function deleteEdge(input: Input<"deleteEdge">, context: Context): Result<CommitAnswer> {
  return write(input, context, null);
}

function write(
  input: Omit<Input<"putEdge">, "body">,
  context: Context,
  json: string | null,
): Result<CommitAnswer> {
  const edge = edgeOf(input.edge);
  if (!edge.ok) return edge;
  return putSetting(context, { key: edgeKey(edge.value), json, input }, ({ code }) =>
    code === "not_found" ? noEdge(edge.value) : undefined,
  );
}

/** A part of the path, which has `%2F` for a slash. */
function edgeOf(segment: string | null): Outcome<string, "bad_parameter"> {
  let name: string | undefined;
  try {
    name = decodeURIComponent(segment ?? "");
  } catch {
    // Not percent-encoded UTF-8: no name of an edge.
  }
  const edge = name === undefined ? undefined : edgeOfKey(edgeKey(name));
  return edge === undefined
    ? refuse(
        "bad_parameter",
        "An edge's name is a lower-case letter or digit and up to 126 more of a-z, 0-9, `.`, `_`, `/` and `-`.",
      )
    : accept(edge);
}

function noEdge(edge: string) {
  return refuse("not_found", `There are no labels of ${edge}.`);
}

function edgeView(setting: Setting): Edge {
  const document: EdgeBody = JSON.parse(setting.json);
  return {
    edge: setting.key.slice(PREFIX.length),
    ...document,
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
