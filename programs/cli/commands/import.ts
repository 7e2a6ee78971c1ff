/** `ledge import`: a folder or a JSON file becomes documents, as the changes that it makes. */
import { lstatSync } from "node:fs";
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { type BatchChange, batchesOf } from "../commit-batches.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, openProgress, printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { listPages } from "../pages.ts";
import { readTree, type TreeDocument } from "../tree.ts";

interface Options {
  readonly namespace?: string;
  readonly prune?: boolean;
  readonly message?: string;
  readonly output: "text" | "json";
}

export interface Imported {
  readonly documents: number;
  readonly bytes: number;
  readonly commits: number;
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly revision: number;
}

export function addImport(program: Command, client: () => Client): void {
  program
    .command("import")
    .description("write the documents of a folder or a JSON file, in commits of up to 1,000 changes")
    .argument("<dir-or-json>", "a folder (its first folders are namespaces) or {namespace: {key: value}}")
    .option("-n, --namespace <name>", "everything belongs to this namespace")
    .option("--prune", "also delete what the namespaces hold and the source does not")
    .option("-m, --message <text>", "why, kept with each commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (source: string, options: Options) => {
      const documents = await readSource(source, options.namespace);
      const done = await importDocuments(client(), documents, options);
      if (options.output === "json") printJson(done);
    });
}

async function readSource(source: string, namespace: string | undefined): Promise<TreeDocument[]> {
  const found = lstatSync(source, { throwIfNoEntry: false });
  if (found === undefined) throw new Failure(EXIT.usage, `there is no ${source}`);
  if (found.isDirectory()) return readTree(source, namespace);
  if (found.isFile()) {
    // SQLite is loaded only where a JSON file is read.
    const { readJsonFile } = await import("../json-file.ts");
    return readJsonFile(source, namespace);
  }
  throw new Failure(EXIT.usage, `${source} is neither a folder nor a file`);
}

/** Writes the documents over what is there. Each change names the revision that it replaces, so nobody's work is lost. */
export async function importDocuments(
  client: Client,
  documents: readonly TreeDocument[],
  options: { prune?: boolean; message?: string },
): Promise<Imported> {
  const changes = await changesFor(client, documents, options.prune === true);
  const progress = openProgress(changes.length);
  const sum = {
    documents: documents.length,
    bytes: 0,
    commits: 0,
    created: 0,
    changed: 0,
    deleted: 0,
    unchanged: 0,
    revision: 0,
  };
  let sent = 0;
  for (const batch of batchesOf(changes, options.message)) {
    const made = await client.json(CommitAnswer, "POST", "/v1/commit", { body: batch.body });
    sent += batch.changes;
    sum.bytes += batch.bytes;
    if (!made.unchanged) sum.commits += 1;
    sum.revision = made.revision;
    for (const { result } of made.changes) {
      if (result === "created" || result === "changed" || result === "deleted" || result === "unchanged")
        sum[result] += 1;
    }
    progress.to(sent, `importing: ${sent} of ${changes.length}`);
  }
  progress.end(
    `${countWords(documents.length, "document")} (${formatBytes(sum.bytes)}): ${sum.created} created, ${sum.changed} changed, ${sum.deleted} deleted, ${sum.unchanged} as they were, in ${countWords(sum.commits, "commit")}`,
  );
  return sum;
}

async function changesFor(
  client: Client,
  documents: readonly TreeDocument[],
  prune: boolean,
): Promise<BatchChange[]> {
  const there = new Map<string, number>();
  const gone: BatchChange[] = [];
  const wanted = new Set(documents.map((one) => `${one.namespace}/${one.key}`));
  for (const namespace of new Set(documents.map((one) => one.namespace))) {
    for await (const page of listPages(client, namespace)) {
      for (const { key, revision } of page.documents) {
        const name = `${namespace}/${key}`;
        there.set(name, revision);
        if (prune && !wanted.has(name)) gone.push({ op: "delete", namespace, key, ifRevision: revision });
      }
    }
  }
  const puts = documents.map(
    (document): BatchChange => ({
      op: "put",
      document,
      ifRevision: there.get(`${document.namespace}/${document.key}`) ?? 0,
    }),
  );
  return [...puts, ...gone];
}
