/** `ledge export`: documents become files, byte for byte, all of one revision a namespace. */
import type { Command } from "commander";
import { NamespacesPage } from "../../../lib/api/admin-answers.ts";
import type { Document } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { countWords, formatBytes, openProgress } from "../output.ts";
import { listPages } from "../pages.ts";
import { TreeWriter } from "../tree.ts";

interface Options {
  readonly namespace?: readonly string[];
  readonly revision?: string;
  readonly caseSensitive?: boolean;
}

export function addExport(program: Command, client: () => Client): void {
  program
    .command("export")
    .description("write documents as files below a new folder, a folder for each namespace")
    .argument("<dir>", "a folder that is empty or not there yet")
    .option(
      "-n, --namespace <name>",
      "only this namespace (may be given again)",
      (value: string, before: string[] = []) => [...before, value],
    )
    .option("--revision <n>", "as it was at a past revision")
    .option(
      "--case-sensitive",
      "write names that differ only in case, which not every file system keeps apart",
    )
    .action(async (dir: string, options: Options) => {
      const server = client();
      const namespaces = options.namespace ?? (await allNamespaces(server));
      const writer = new TreeWriter(dir, { caseSensitive: options.caseSensitive === true });
      await exportTo(
        server,
        writer,
        namespaces,
        options.revision === undefined ? undefined : Number(options.revision),
      );
    });
}

async function allNamespaces(client: Client): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.json(NamespacesPage, "GET", "/v1/admin/namespaces", { query: { cursor } });
    names.push(...page.namespaces.map((one) => one.name));
    cursor = page.next;
  } while (cursor !== undefined);
  return names;
}

async function exportTo(
  client: Client,
  writer: TreeWriter,
  namespaces: readonly string[],
  revision: number | undefined,
): Promise<void> {
  const progress = openProgress(1);
  let documents = 0;
  let bytes = 0;
  // One revision for all namespaces, so that the folder is a state that once was.
  let pinned = revision;
  for (const namespace of namespaces) {
    for await (const page of listPages(client, namespace, { revision: pinned, values: "text" })) {
      pinned ??= page.revision;
      for (const listed of page.documents) {
        const bytesOf =
          listed.text === undefined
            ? await fetchBytes(client, listed, page.revision)
            : new TextEncoder().encode(listed.text);
        writer.write({ namespace, key: listed.key, mediaType: listed.mediaType, bytes: bytesOf }, true);
        documents += 1;
        bytes += bytesOf.length;
        progress.to(0, `exporting: ${countWords(documents, "document")}`);
      }
    }
  }
  progress.end(`${countWords(documents, "document")} (${formatBytes(bytes)}) at revision ${pinned ?? 0}`);
}

/** What a page does not carry: bytes that are not text, as they were at the page's revision. */
async function fetchBytes(
  client: Client,
  { namespace, key }: Document,
  revision: number,
): Promise<Uint8Array> {
  const reply = await client.request("GET", `/v1/read/${namespace}`, { query: { key, revision } });
  return reply.bytes;
}
