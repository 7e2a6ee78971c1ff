/**
 * What a new store holds so that the first commands show something: one namespace, three documents.
 */
const DOCUMENTS = [
  { key: "limits/api", value: { requestsPerSecond: 100, burst: 200 } },
  { key: "limits/upload", value: { maxBytes: 10485760 } },
  { key: "banner", mediaType: "text/plain", text: "Hello from Ledge" },
];

/** Puts them in. Throws with the server's words when it is refused. */
export async function putDemoDocuments(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  await send(`${url}/v1/admin/namespaces/demo`, {
    method: "PUT",
    headers,
    body: JSON.stringify({ description: "something to try" }),
  });
  const changes = DOCUMENTS.map((document) => ({ op: "put", namespace: "demo", ifRevision: 0, ...document }));
  await send(`${url}/v1/commit`, {
    method: "POST",
    headers,
    body: JSON.stringify({ message: "documents to try", changes }),
  });
}

async function send(url: string, init: RequestInit): Promise<void> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`the demo documents were refused: ${answer.status} ${await answer.text()}`);
}
