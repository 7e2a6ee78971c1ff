/**
 * What a new store holds so that the first commands show something: one namespace, three documents.
 */
import { readProblem } from "../cli/server/problem.ts";
import type { ClientReply } from "../cli/server/send.ts";
import { askOwnServer, saidBy } from "./own-server.ts";
import { Stopped } from "./stopped.ts";

const DOCUMENTS = [
  { key: "limits/api", value: { requestsPerSecond: 100, burst: 200 } },
  { key: "limits/upload", value: { maxBytes: 10485760 } },
  { key: "banner", mediaType: "text/plain", text: "Hello from Ledge" },
];

/** Puts them in. Throws with the server's words when it is refused. */
export async function putDemoDocuments(url: string, token: string): Promise<void> {
  const send = async (method: string, path: string, body: unknown) => {
    const answer = await askOwnServer(method, `${url}${path}`, { secret: token, body });
    if (answer.status >= 300)
      throw new Stopped(
        `The documents of \`demo\` were refused: ${detailOf(answer)} Mend that and start again.`,
      );
  };
  await send("PUT", "/v1/admin/namespaces/demo", { description: "something to try" });
  const changes = DOCUMENTS.map((document) => ({ op: "put", namespace: "demo", ifRevision: 0, ...document }));
  await send("POST", "/v1/commit", { message: "documents to try", changes });
}

/** The server's sentence, where it said one. */
function detailOf(answer: ClientReply): string {
  return readProblem(answer)?.detail ?? saidBy(answer);
}
