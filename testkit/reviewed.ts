/** A namespace under review, for tests: who proposes, who approves, who writes, and short ways to do that. */
import { makeNamespace, makeToken, openTestServer, putText, type TestServer } from "./server.ts";

export interface MadeProposal {
  readonly id: string;
  readonly planDigest: string;
}

/** A change of the document that is there, or by `more` of another. */
export const changeOf = (value: unknown, more: object = {}) => ({
  op: "put",
  namespace: "shop",
  key: "limits/api",
  value,
  ifRevision: "any",
  ...more,
});

/** A token for `shop`, of somebody else with each name. */
export function tokenFor(
  server: TestServer,
  name: string,
  verbs: readonly string[],
  more: { readonly by?: string; readonly scope?: string; readonly expires?: string } = {},
): Promise<string> {
  const { scope = "", ...given } = more;
  return makeToken(server, [{ verbs, namespace: "shop", scope }], { name, ...given });
}

export async function openReviewed(review = "all") {
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  await putText(server, "shop", "limits/api", '{"rps":1}', "application/json");
  await setReview(server, review);
  const propose = async (json: object, by: string): Promise<MadeProposal> => {
    const reply = await server.send("POST", "/v1/proposals", { json, token: by });
    if (reply.status !== 201) throw new Error(reply.text);
    return JSON.parse(reply.text);
  };
  return {
    server,
    author: await tokenFor(server, "author", ["plan", "read"]),
    approver: await tokenFor(server, "approver", ["approve", "read"]),
    writer: await tokenFor(server, "writer", ["write", "read", "override"]),
    propose,
  };
}

export function setReview(server: TestServer, review: string) {
  return server.send("PUT", "/v1/admin/namespaces/shop", { json: { review }, headers: { "if-match": "*" } });
}

export function decide(server: TestServer, id: string, what: string, token: string, json?: object) {
  return server.send("POST", `/v1/proposals/${id}/${what}`, {
    token,
    ...(json === undefined ? {} : { json }),
  });
}

export function approveOnly(server: TestServer, { id, planDigest }: MadeProposal, token: string) {
  return decide(server, id, "approve", token, { planDigest, apply: false });
}

export async function limitsOf(server: TestServer): Promise<string> {
  return (await server.send("GET", "/v1/read/shop?key=limits/api")).text;
}

/** Somebody changes the document meanwhile. */
export async function changeMeanwhile(server: TestServer) {
  await setReview(server, "off");
  await putText(server, "shop", "limits/api", '{"rps":5}', "application/json");
  return setReview(server, "all");
}
