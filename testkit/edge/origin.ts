/** An origin for tests of edges: a served store with the namespace `shop`, a token that may do all, and one of an edge. */
import { VERBS } from "../../lib/core/grant.ts";
import { formatToken } from "../../lib/core/token.ts";
import { openServer } from "../../packages/client/server.ts";
import type { HostOptions } from "../../programs/host/options.ts";
import { begin } from "../backup.ts";
import { giveToken, tokenOf } from "../proposals.ts";
import { openServedStore, type ServedStore } from "../served-store.ts";

export interface EdgeOrigin extends ServedStore {
  readonly url: string;
  readonly rootToken: string;
  /** `read` and `report` over all of `shop`. */
  readonly edgeToken: string;
  /** JSON by the root token. Gives the answer's. */
  send(
    method: string,
    path: string,
    json?: unknown,
  ): Promise<{ readonly revision: number } & Record<string, unknown>>;
  /** Puts a text whatever is there, and gives the revision. */
  put(key: string, text: string): Promise<number>;
  remove(key: string): Promise<number>;
}

export async function openEdgeOrigin(options: Partial<HostOptions> = {}): Promise<EdgeOrigin> {
  const [edge, root] = [tokenOf("e"), tokenOf("r")];
  const served = await openServedStore((db) => {
    begin(db);
    giveToken(db, root, VERBS, { namespace: "*", scope: "" });
    giveToken(db, edge, ["read", "report"], { namespace: "shop", scope: "" });
  }, options);
  const { url } = served.host;
  const rootToken = formatToken(root);
  const server = openServer({ url, token: rootToken });
  const send: EdgeOrigin["send"] = async (method, path, json) => {
    const headers = method === "PUT" ? { "if-match": "*" } : {};
    const answer = await server
      .ask({ method, path, json, headers })
      .catch(() => server.ask({ method, path, json }));
    return JSON.parse(new TextDecoder().decode(answer.bytes));
  };
  const change = async (one: object) => {
    const changes = [{ namespace: "shop", ifRevision: "any", ...one }];
    return (await send("POST", "/v1/commit", { changes })).revision;
  };
  return {
    ...served,
    url,
    rootToken,
    edgeToken: formatToken(edge),
    send,
    put: (key, text) => change({ op: "put", key, mediaType: "text/plain", text }),
    remove: (key) => change({ op: "delete", key }),
  };
}
