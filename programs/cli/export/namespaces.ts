/** Which namespaces a token can export: it needs no more than `read`. */
import { Whoami } from "../../../lib/api/document-answers.ts";
import { namespaceKey, SYSTEM } from "../../../lib/core/namespace.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { listPages } from "../pages.ts";

/** Those whose settings the token may read, which is all that it may read as a whole, and those that its grants name. */
export async function readableNamespaces(client: Client): Promise<string[]> {
  const { grants } = await client.json(Whoami, "GET", "/v1/whoami");
  const named = grants
    .filter(({ verbs, namespace }) => verbs.includes("read") && namespace !== "*")
    .map(({ namespace }) => namespace);
  const names = [...new Set([...named, ...(await wholeNamespaces(client))])].sort();
  if (names.length > 0 || grants.some(({ verbs, scope }) => verbs.includes("read") && scope === ""))
    return names;
  throw new Failure(EXIT.usage, "which namespaces there are is not for this token to know", {
    hint: "name them with -n",
  });
}

async function wholeNamespaces(client: Client): Promise<string[]> {
  const prefix = namespaceKey("");
  const names: string[] = [];
  try {
    for await (const page of listPages(client, SYSTEM, { prefix }))
      names.push(...page.documents.map(({ key }) => key.slice(prefix.length)));
  } catch (error) {
    // A token that reads no namespace as a whole sees none of these, and exports what its grants name.
    if (!(error instanceof Failure) || error.exit !== EXIT.auth) throw error;
  }
  return names;
}
