/** An export from end to end: documents become files, byte for byte, by the names that an import reads. */
import { judgeNamespace } from "../../../lib/core/namespace.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { say } from "../output.ts";
import { sayIndexed } from "../tree/say-indexed.ts";
import { TreeWriter } from "../tree/writer.ts";
import { wholeNumber } from "../whole-number.ts";
import { exportDocuments } from "./documents.ts";
import { readableNamespaces } from "./namespaces.ts";

export interface ExportOptions {
  readonly namespace?: readonly string[];
  readonly revision?: string;
  readonly foldCase?: boolean;
  readonly addExtensions?: boolean;
}

export async function runExport(client: Client, dir: string, options: ExportOptions): Promise<void> {
  const revision = wholeNumber("--revision", options.revision);
  for (const name of options.namespace ?? [])
    if (!judgeNamespace(name).ok) throw new Failure(EXIT.usage, `${name} is no name of a namespace`);
  const namespaces = [...new Set(options.namespace ?? (await readableNamespaces(client)))];
  const writer = new TreeWriter(dir, {
    foldCase: options.foldCase === true,
    addExtensions: options.addExtensions === true,
  });
  const done = await exportDocuments(client, writer, { namespaces, revision });
  sayIndexed(writer.finish());
  if (done.newer.length === 0) return;
  const shown = done.newer.slice(0, 10).join(", ") + (done.newer.length > 10 ? ", …" : "");
  say(
    `  changed meanwhile, so not of that revision: ${shown} (a token with \`history\` exports one revision)`,
  );
}
