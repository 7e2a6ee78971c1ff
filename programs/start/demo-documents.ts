/**
 * What a new store holds so that the first commands show something: one namespace, three documents.
 */
import { LedgeError } from "../../packages/client/index.ts";
import { openOwnServer } from "./own-server.ts";
import { Stopped } from "./stopped.ts";

const DOCUMENTS = [
  { key: "limits/api", value: { requestsPerSecond: 100, burst: 200 } },
  { key: "limits/upload", value: { maxBytes: 10485760 } },
  { key: "banner", mediaType: "text/plain", text: "Hello from Ledge" },
];

/** Puts them in. Throws with the server's words when it is refused. */
export async function putDemoDocuments(url: string, token: string): Promise<void> {
  const server = openOwnServer(url, token);
  const changes = DOCUMENTS.map((document) => ({ op: "put", namespace: "demo", ifRevision: 0, ...document }));
  const asked = [
    { method: "PUT", path: "/v1/admin/namespaces/demo", json: { description: "something to try" } },
    { method: "POST", path: "/v1/commit", json: { message: "documents to try", changes } },
  ];
  try {
    for (const one of asked) await server.ask(one);
  } catch (error) {
    if (!(error instanceof LedgeError) || error.status === 0) throw error;
    throw new Stopped(`The documents of \`demo\` were refused: ${error.message} Mend that and start again.`);
  }
}
