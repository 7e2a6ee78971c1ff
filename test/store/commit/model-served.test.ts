/** The model of the store beside what is served: commits, schemas and reverts through the real components of both engines. */
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { buildFor, root } from "../../../testkit/host.ts";
import { type ModelAnswer, StoreModel } from "../../../testkit/model.ts";
import { drawnChange, toChange } from "../../../testkit/model-changes.ts";
import type { ModelDocument } from "../../../testkit/model-document.ts";
import type { ModelRevert } from "../../../testkit/model-reverts.ts";
import { MODEL_SCHEMAS } from "../../../testkit/model-schemas.ts";
import type { TestChange } from "../../../testkit/proposals.ts";
import { makeNamespace, openTestServer, type ServerReply, type TestServer } from "../../../testkit/server.ts";

const schema = fc.record({
  ns: fc.constantFrom("shop", "shop", "shop-2"),
  scope: fc.constantFrom("", "a", "a/"),
  schema: fc.option(fc.constantFrom(...MODEL_SCHEMAS), { nil: undefined }),
});
/** Which of the revisions made so far, counted back from the newest. */
const back = fc.integer({ min: 0, max: 12 });
const revert = fc.oneof(
  fc.record({ commit: back, conflicts: fc.constantFrom("ours", "theirs", undefined) } as const),
  fc.record({ ns: fc.constantFrom("shop", "shop-2"), prefix: fc.constantFrom("", "a", "a/"), to: back }),
);
const step = fc.record({
  // Set before the step.
  schema: fc.option(schema, { nil: undefined, freq: 6 }),
  changes: fc.array(drawnChange, { maxLength: 5 }),
  request: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
  // In place of the changes.
  revert: fc.option(revert, { nil: undefined, freq: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const sorted = <T>(rows: [string, T][]) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

/** An answer of the server as the model says it; results in the order of names, where they are not those of a question. */
function answerOf(reply: ServerReply, { byName = false } = {}): ModelAnswer {
  const said: {
    code: string;
    revision: number;
    unchanged: boolean;
    changes: { namespace: string; key: string; result: string }[];
  } = JSON.parse(reply.text);
  if (reply.status !== 200) return { code: said.code };
  const { revision, unchanged, changes } = said;
  const nameOf = ({ namespace, key }: { namespace: string; key: string }) => `${namespace} ${key}`;
  const ordered = byName ? changes.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) : changes;
  return { revision, unchanged, results: ordered.map(({ result }) => result) };
}

async function committed(server: TestServer, changes: readonly TestChange[], requestId?: string) {
  const sent = changes.map(({ op, ns, key, value, type, if: named }) => ({
    op,
    namespace: ns,
    key,
    ...(op === "put" ? { mediaType: type, text: value } : {}),
    ...(named === null || named === undefined ? {} : { ifRevision: named < 0 ? "any" : named }),
  }));
  const headers = requestId === undefined ? {} : { "idempotency-key": requestId };
  return answerOf(await server.send("POST", "/v1/commit", { headers, json: { changes: sent } }));
}

async function reverted(server: TestServer, wish: ModelRevert): Promise<ModelAnswer> {
  const json = "commit" in wish ? wish : { namespace: wish.ns, prefix: wish.prefix, to: wish.to };
  return answerOf(await server.send("POST", "/v1/revert", { json }), { byName: true });
}

/** All documents of a namespace at a revision, or now, as config-read lists them. */
async function listed(server: TestServer, ns: string, revision?: number) {
  const at = revision === undefined ? "" : `&revision=${revision}`;
  const reply = await server.send("GET", `/v1/list/${ns}?limit=1000&values=text${at}`);
  const { documents }: { documents: { key: string; text: string; revision: number }[] } = JSON.parse(
    reply.text,
  );
  return sorted(documents.map(({ key, text, revision: made }) => [`${ns} ${key}`, { text, made }]));
}

/** What the model holds of a namespace. */
function heldIn(documents: ReadonlyMap<string, ModelDocument>, ns: string) {
  const inside = [...documents].filter(([name]) => name.startsWith(`${ns} `));
  return sorted(inside.map(([name, { value, revision }]) => [name, { text: value, made: revision }]));
}

/** A value that is said to be JSON is: everything else is refused before the store is asked. */
function withJson<T extends { value: string; type: string }>(drawn: T): T {
  return drawn.type === "application/json" && !/^[1{]/.test(drawn.value) ? { ...drawn, value: "{}" } : drawn;
}

/** One history in namespaces and under request ids of its own, since histories share the store. */
class Run {
  private readonly server: TestServer;
  private readonly nth: number;
  private readonly model: StoreModel;
  readonly namespaces: readonly string[];

  private constructor(server: TestServer, nth: number, namespaces: readonly string[]) {
    this.server = server;
    this.nth = nth;
    this.namespaces = namespaces;
    const head = Number(server.db.all("select revision from store")[0]?.[0]);
    this.model = new StoreModel(head, new Set(namespaces));
  }

  static async begin(server: TestServer, nth: number): Promise<Run> {
    const namespaces = [`shop-of-${nth}`, `shop-2-of-${nth}`];
    for (const name of namespaces) await makeNamespace(server, name);
    return new Run(server, nth, namespaces);
  }

  async take({ schema: set, changes: drawn, request, revert: undone }: Step): Promise<void> {
    if (set !== undefined) await this.setSchema(set);
    const wish = undone && this.wishOf(undone);
    if (wish !== undefined) {
      expect(await reverted(this.server, wish)).toEqual(this.model.revert(wish));
      return;
    }
    const changes = drawn.map((one) =>
      toChange({ ...withJson(one), ns: this.own(one.ns ?? "shop") }, this.model),
    );
    const requestId = request === undefined ? undefined : `${this.nth}-r${request}`;
    expect(await committed(this.server, changes, requestId)).toEqual(this.model.commit(changes, requestId));
  }

  /** Everything that the model knows, as the server lists it. */
  async compare(): Promise<void> {
    for (const ns of this.namespaces) {
      expect(await listed(this.server, ns)).toEqual(heldIn(this.model.documents, ns));
      for (const [revision, state] of this.model.past)
        expect(await listed(this.server, ns, revision)).toEqual(heldIn(state, ns));
    }
  }

  private own(ns: string): string {
    return `${ns}-of-${this.nth}`;
  }

  /** Undefined where there is nothing yet that it could be about. */
  private wishOf(drawn: NonNullable<Step["revert"]>): ModelRevert | undefined {
    const { made, past } = this.model;
    if ("commit" in drawn) {
      const commit = made.at(-1 - (drawn.commit % Math.max(1, made.length)));
      return commit === undefined ? undefined : { ...drawn, commit };
    }
    const to = [...past.keys()].at(-1 - (drawn.to % Math.max(1, past.size)));
    return to === undefined ? undefined : { ...drawn, ns: this.own(drawn.ns), to };
  }

  private async setSchema({ ns, scope, schema: text }: NonNullable<Step["schema"]>): Promise<void> {
    const [place, there] = [this.own(ns), this.model.schemas.has(this.own(ns), scope)];
    if (!there && text === undefined) return;
    const condition = there ? { "if-match": "*" } : { "if-none-match": "*" };
    const reply = await this.server.send(
      text === undefined ? "DELETE" : "PUT",
      `/v1/admin/schemas/${place}?scope=${scope}${text === undefined ? "" : "&existing=accept"}`,
      text === undefined
        ? { headers: condition }
        : { headers: { ...condition, "content-type": "application/schema+json" }, body: text },
    );
    this.model.setSchema(place, scope, text);
    const { revision }: { revision: number } = JSON.parse(reply.text);
    expect([reply.status, revision]).toEqual([there ? 200 : 201, this.model.head]);
  }
}

describe("commits, schemas and reverts through the real components", () => {
  beforeAll(() => buildFor(join(root, "spin.toml")));

  test.each(["wasm", "native"])(
    "agree with the model on answers, lists and lists of the past, %s",
    { timeout: 7_200_000 },
    async (engine) => {
      vi.stubEnv("LEDGE_TEST_HOST", engine);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const server = await openTestServer();
      let nth = 0;
      // Long ones from the first run on, since there are few. One that fails is not made smaller: each step asks a server.
      const property = fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60 }), async (steps) => {
        nth += 1;
        const run = await Run.begin(server, nth);
        for (const one of steps) await run.take(one);
        await run.compare();
      });
      await fc.assert(property, {
        numRuns: Math.max(1, Number(process.env.LEDGE_MODEL_RUNS ?? 0) / 100),
        endOnFailure: true,
      });
    },
  );
});
