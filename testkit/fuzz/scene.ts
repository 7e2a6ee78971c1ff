/**
 * The store that the fuzz speaks to: what its valid requests ask for is there, and stays there, whatever they change. A
 * token of the scene's own keeps it; the document of its own namespace must never change.
 */
import { createHash } from "node:crypto";
import { formatToken, newToken } from "../../lib/core/token.ts";
import { ask } from "../ask.ts";
import type { Random } from "../random.ts";
import type { Callers } from "./valid.ts";

export const BOOTSTRAP = "a-bootstrap-secret-of-forty-characters-x";
export const RECOVERY = "a-recovery-secret-of-forty-characters-xx";

const EVERYTHING = ["read", "history", "plan", "write", "override", "admin", "backup", "status"];
const CANARY = "/v1/read/canary?key=bird";
const STRICT = { messageRequired: true };

export class Scene {
  readonly #server: { readonly url: string };
  readonly #keeper: string;
  readonly #random: Random;
  /** What the scene itself committed. */
  readonly kept = new Set<number>();
  #canary = "";

  constructor(server: { readonly url: string }, keeper: string, random: Random) {
    this.#server = server;
    this.#keeper = keeper;
    this.#random = random;
  }

  /** Makes it. Gives the head from which on others commit. */
  async prepare(): Promise<{ callers: Callers; base: number }> {
    await this.#put("/v1/admin/namespaces/canary", {});
    await this.#change([{ op: "put", namespace: "canary", key: "bird", value: { sings: true } }]);
    this.#canary = await this.readCanary();
    await this.#put("/v1/admin/namespaces/shop", {});
    await this.#put("/v1/admin/namespaces/strict", STRICT);
    const callers = {
      root: await this.#token("everything", EVERYTHING, "*"),
      writer: await this.#token("writer", ["read", "history", "plan", "write"], "shop"),
      reader: await this.#token("reader", ["read"], "shop"),
      bootstrap: BOOTSTRAP,
      recovery: RECOVERY,
    };
    await this.mend();
    const { json } = await this.#ask("GET", "/v1/admin/status");
    return { callers, base: Number(json.head) };
  }

  /** What the next requests may ask for is there again, after some that took it away. */
  async mend(): Promise<void> {
    await this.#open();
    for (const [name, settings] of [
      ["shop", {}],
      ["strict", STRICT],
    ] as const)
      await this.#put(`/v1/admin/namespaces/${name}`, settings);
    await this.#removePolicies();
    await this.#change(
      ["there", "limits/api"].map((key) => ({
        op: "put",
        namespace: "shop",
        key,
        value: this.#random.below(1e6),
        ifRevision: "any",
      })),
    );
  }

  /** The caller whose token was taken away gets another. */
  async renewed(callers: Callers): Promise<Callers> {
    const lives = async (token: string) =>
      (await ask(this.#server, "GET", "/v1/whoami", { token })).status === 200;
    return {
      ...callers,
      root: (await lives(callers.root)) ? callers.root : await this.#token("everything", EVERYTHING, "*"),
      writer: (await lives(callers.writer))
        ? callers.writer
        : await this.#token("writer", ["read", "history", "plan", "write"], "shop"),
      reader: (await lives(callers.reader)) ? callers.reader : await this.#token("reader", ["read"], "shop"),
    };
  }

  /** The canary's bytes and ETag; throws unless it is as it was made. */
  async readCanary(): Promise<string> {
    const { status, text, headers } = await this.#ask("GET", CANARY);
    const said = `${status} ${text} ${headers.get("etag")}`;
    if (this.#canary !== "" && said !== this.#canary)
      throw new Error(`the canary is ${said}, and was ${this.#canary}`);
    return said;
  }

  /** Every commit after a revision: its number and who made it. */
  async commitsAfter(base: number): Promise<{ revision: number; actor: string }[]> {
    const found: { revision: number; actor: string }[] = [];
    let next: string | undefined;
    do {
      const cursor = next === undefined ? "" : `&cursor=${encodeURIComponent(next)}`;
      const { status, json, text } = await this.#ask(
        "GET",
        `/v1/commits?from=${base + 1}&limit=1000${cursor}`,
      );
      if (status === 404) return found;
      if (status !== 200) throw new Error(text);
      found.push(...json.commits);
      next = json.next;
    } while (next !== undefined);
    return found;
  }

  /** For writes; a store that was sealed goes on as a history of its own. */
  async #open(): Promise<void> {
    const opened = await this.#ask("PUT", "/v1/admin/mode", { mode: "open" });
    if (opened.json.code !== "read_only") return this.#note(opened);
    this.#note(await this.#ask("POST", "/v1/backup/adopt"));
    await this.#open();
  }

  async #removePolicies(): Promise<void> {
    const { json } = await this.#ask("GET", "/v1/admin/policies?limit=1000");
    for (const { namespace, scope } of json.policies) {
      const path = `/v1/admin/policies/${namespace}?scope=${encodeURIComponent(scope)}`;
      const headers = { "if-match": "*" };
      this.#note(await ask(this.#server, "DELETE", path, { token: this.#keeper, headers }));
    }
  }

  async #ask(method: string, path: string, json?: unknown) {
    for (;;) {
      const answer = await ask(this.#server, method, path, { token: this.#keeper, json });
      // Another backup is under way.
      if (answer.json?.code !== "busy") return answer;
    }
  }

  async #put(path: string, json: unknown): Promise<void> {
    const asked = await ask(this.#server, "PUT", path, {
      token: this.#keeper,
      json,
      headers: { "if-match": "*" },
    });
    this.#note(asked.status === 412 ? await this.#ask("PUT", path, json) : asked);
  }

  async #change(changes: readonly object[]): Promise<void> {
    this.#note(await this.#ask("POST", "/v1/commit", { changes }));
  }

  async #token(name: string, verbs: readonly string[], namespace: string): Promise<string> {
    const token = newToken((length) => this.#random.bytes(length));
    const digest = createHash("sha256").update(token.secret).digest("hex");
    const grants = [{ verbs, namespace, scope: "" }];
    this.#note(
      await this.#ask("POST", "/v1/admin/tokens", { name, accessor: token.accessor, digest, grants }),
    );
    return formatToken(token);
  }

  #note({ status, text, headers, json }: Awaited<ReturnType<typeof ask>>): void {
    if (status >= 300) throw new Error(`the scene cannot be made: ${text}`);
    for (const revision of revisionsOf(
      { "ledge-revision": headers.get("ledge-revision") ?? "", etag: headers.get("etag") ?? "" },
      json,
    ))
      this.kept.add(revision);
  }
}

interface Told {
  readonly revision?: number;
  readonly currentRevision?: number | null;
  /** Of a group that was revoked. */
  readonly tokens?: readonly { readonly revision: number }[];
}

/** Every revision that the answer to a change may have made. */
export function revisionsOf(headers: Readonly<Record<string, string>>, body: Told | undefined): number[] {
  const { revision = 0, currentRevision, tokens = [] } = body ?? {};
  const told = [revision, currentRevision ?? 0, ...tokens.map((token) => token.revision)];
  const etag = /^"(\d+)-/.exec(headers.etag ?? "")?.[1];
  return [...told, Number(headers["ledge-revision"] || 0), Number(etag ?? 0)].filter((one) => one > 0);
}
