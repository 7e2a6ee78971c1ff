/** What the tests of lists, feeds and the past share: two namespaces, commits to them, and answers page by page. */
import { makeNamespace, openTestServer, type ServerReply, type TestServer } from "./server.ts";

/** Namespaces `shop` and `other`; the first commit after them is revision 4. */
export async function openTwoNamespaces(): Promise<TestServer> {
  const server = await openTestServer();
  for (const name of ["shop", "other"]) await makeNamespace(server, name);
  return server;
}

/** A change of a commit: puts JSON, whatever is there. */
export const putJson = (namespace: string, key: string, value: unknown = 1) => ({
  op: "put",
  namespace,
  key,
  value,
  ifRevision: "any",
});

/** Commits by the root token or another one; `more` are other members of the body. */
export function commitOf(
  server: TestServer,
  changes: unknown,
  { token = server.rootToken, ...more }: Record<string, unknown> & { token?: string } = {},
): Promise<ServerReply> {
  return server.send("POST", "/v1/commit", { token, json: { changes, ...more } });
}

/** What a route answers with 200, as JSON. Throws for another status. */
export async function answerOf<Answer>(
  server: TestServer,
  path: string,
  token = server.rootToken,
): Promise<Answer> {
  const reply = await server.send("GET", path, { token });
  if (reply.status !== 200) throw new Error(reply.text);
  return JSON.parse(reply.text);
}

/** All pages, by following `next`. */
export async function allPages<Page extends { readonly next?: string | undefined }>(
  page: (query: string) => Promise<Page>,
  query: string,
): Promise<Page[]> {
  const pages = [await page(query)];
  for (let next = pages.at(-1)?.next; next !== undefined; next = pages.at(-1)?.next)
    pages.push(await page(`${query}&cursor=${next}`));
  return pages;
}
