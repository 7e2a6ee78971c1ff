/**
 * The namespaces of a token: those that it administers, with what they hold, and by name the others that its grants name and
 * that are there. The server lists only the former.
 */
import { type Namespace, NamespacesPage } from "../../../lib/api/admin-answers.ts";
import { Whoami } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { Failure } from "../failure.ts";
import { formatBytes, printJson } from "../output.ts";
import { printTable } from "../table.ts";
import { isKnownNamespace } from "./known.ts";

type Shown = Pick<Namespace, "name"> & Partial<Namespace>;

export async function printNamespaces(client: Client, output: "table" | "json"): Promise<void> {
  const all = await namespacesOf(client);
  if (output === "json") return printJson(all);
  printTable(
    ["NAMESPACE", "KEYS", "SIZE", "PUBLIC", "DESCRIPTION"],
    all.map((one) => [
      one.name,
      String(one.keys ?? ""),
      one.bytes === undefined ? "" : formatBytes(one.bytes),
      one.etag === undefined ? "" : one.public ? "yes" : "no",
      one.description ?? "",
    ]),
  );
}

/** Rejects with the server's refusal where the grants name none. */
async function namespacesOf(client: Client): Promise<readonly Shown[]> {
  const administered = await administeredBy(client);
  const known = new Set(administered instanceof Failure ? [] : administered.map(({ name }) => name));
  const named = (await client.json(Whoami, "GET", "/v1/whoami")).grants.map(({ namespace }) => namespace);
  const others = [...new Set(named)].filter((name) => name !== "*" && !known.has(name));
  if (administered instanceof Failure && others.length === 0) throw administered;
  const there = await Promise.all(others.map((name) => isKnownNamespace(client, name)));
  const shown: Shown[] = [
    ...(administered instanceof Failure ? [] : administered),
    ...others.flatMap((name, at) => (there[at] === false ? [] : [{ name }])),
  ];
  return shown.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The refusal where it administers none. */
async function administeredBy(client: Client): Promise<readonly Namespace[] | Failure> {
  const all: Namespace[] = [];
  let cursor: string | undefined;
  try {
    do {
      const page = await client.json(NamespacesPage, "GET", "/v1/admin/namespaces", { query: { cursor } });
      all.push(...page.namespaces);
      cursor = page.next;
    } while (cursor !== undefined);
  } catch (error) {
    if (error instanceof Failure && error.code === "forbidden") return error;
    throw error;
  }
  return all;
}
