/**
 * A component as one function: a request by its table to the operation's handler, and what that gives to the engine.
 * The order of checks is the same for every route (RFC 9110 section 13.2.1): route, method, size, authentication and
 * grants, parameters, conditions, content. Promise: it never throws, and brings an older store up to date by itself.
 */

import type { Schemas } from "../api/schemas.ts";
import type { Table, TableOperation } from "../api/table.ts";
import type { BodyNameOf, Content, IdsOf, Input, OperationId, OperationOf } from "../api/typed.ts";
import type { Proposal } from "../core/commit/proposal.ts";
import type { CommitOutcome } from "../core/commit/verdict.ts";
import type { HttpReply, HttpRequest } from "../core/http.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { utf8Length } from "../core/utf8.ts";
import { NOT_WAITED, type Park, type Waited } from "../core/waiting.ts";
import type { CommitOptions } from "../store/commit/commit.ts";
import {
  type FeedView,
  type ListView,
  type PastView,
  type ReadView,
  readView,
} from "../store/documents/view.ts";
import type { Db } from "../store/sqlite/driver.ts";
import { type Migration, migrate } from "../store/sqlite/migrate.ts";
import { judgeNeeds } from "./admission.ts";
import type { BodySchema, parseJsonBody } from "./body.ts";
import { accessorOf, credentialsOf, judgeCaller } from "./caller.ts";
import type { Context } from "./context.ts";
import { isBehind, problemOf, refusalOfFault } from "./faults.ts";
import { findOperation, type InputValues, readInput } from "./read-request.ts";
import { type Answer, type Export, isRefusal, type Result } from "./result.ts";
import { judgeFormat, judgeStore, storeNewer } from "./store-state.ts";
import type { World } from "./world.ts";

/** What a request looks up together with its caller's token, in one statement. */
export type ViewOf<Id extends OperationId> = Id extends "readDocument"
  ? ReadView | PastView
  : Id extends "followChanges"
    ? FeedView
    : OperationOf<Id> extends { store: "none" }
      ? undefined
      : ListView;
type AnyView = ReadView | PastView | FeedView | ListView | undefined;

/**
 * Written as methods, whose parameters TypeScript compares in both ways: a table of handlers can so be called with
 * plain values, which the reader made by the very operation whose handler it calls.
 */
type Handler<In, View, Out> = { handle(input: In, context: Context<View>): Out }["handle"];
type Look<In, View> = { look(db: Db, input: In, asker: Asker): View }["look"];

/** Who asks, as a look needs to know it. */
export interface Asker {
  readonly accessor: string | null;
  readonly method: string;
}

/** What a component brings to its table. `Out` makes a handler's result of what its answers hold. */
interface PartsOf<Component, Handlers> {
  readonly handlers: Handlers;
  /** Where a route looks up more than the store and a namespace. */
  readonly views?: { readonly [Id in IdsOf<Component>]?: Look<Input<Id>, ViewOf<Id>> };
  readonly bodies: { readonly [Name in BodyNameOf<IdsOf<Component>>]: Schemas[Name] };
  /** Given by components that take JSON, so that others do not carry it. */
  readonly parseBody?: typeof parseJsonBody;
}
export type Parts<Component> = PartsOf<
  Component,
  { readonly [Id in IdsOf<Component>]: Handler<Input<Id>, ViewOf<Id>, Result<Content<Id>>> }
>;
/** The same where answers are waited for. */
export type AsyncParts<Component> = PartsOf<
  Component,
  { readonly [Id in IdsOf<Component>]: Handler<Input<Id>, ViewOf<Id>, Promise<Answer<Content<Id>>>> }
>;

interface AnyParts<Out> {
  readonly handlers: Readonly<Record<string, Handler<InputValues, AnyView, Out>>>;
  readonly views?: Readonly<Record<string, Look<InputValues, AnyView> | undefined>>;
  readonly bodies: Readonly<Record<string, BodySchema>>;
  readonly parseBody?: typeof parseJsonBody;
}

/** What the engine is given: the reply, or what it has to do for it. */
export type Handled =
  | { readonly kind: "reply"; readonly reply: HttpReply }
  /** Ask again when it is time. */
  | { readonly kind: "wait"; readonly park: Park }
  | { readonly kind: "export"; readonly park: Park; answer(exported: string | undefined): Handled }
  | {
      readonly kind: "commit";
      readonly proposals: readonly Proposal[];
      readonly options: CommitOptions;
      answer(outcomes: readonly CommitOutcome[]): Handled;
      /** Of what the commit threw. */
      failed(error: unknown): Handled;
    };

export type Service = (request: HttpRequest, world: World, waited?: Waited) => Handled;

/** The service of a component whose handlers answer at once. */
export function service(
  table: Table,
  parts: AnyParts<Result<unknown>>,
  migrations: readonly Migration[],
): Service {
  return (request, world, waited = NOT_WAITED) => {
    const settle = settling(request, world);
    return settle(() =>
      upToDate(world.db, migrations, (format) => {
        const admitted = admit(table, parts, { request, world, waited, format });
        return "run" in admitted ? admitted.run() : admitted;
      }),
    );
  };
}

/** The same for a component whose handlers wait for the network. */
export function asyncService(
  table: Table,
  parts: AnyParts<Promise<Answer<unknown>>>,
  migrations: readonly Migration[],
): (request: HttpRequest, world: World) => Promise<HttpReply> {
  return async (request, world) => {
    try {
      const admitted = upToDate(world.db, migrations, (format) =>
        admit(table, parts, { request, world, waited: NOT_WAITED, format }),
      );
      return replyOf("run" in admitted ? await admitted.run() : admitted, request, world);
    } catch (error) {
      return replyOf(refusalOfFault(error, request, world), request, world);
    }
  };
}

/** Does the work, and where the store turns out to be older than this code, migrates it and does the work again. */
export function upToDate<T>(
  db: Db,
  migrations: readonly Migration[],
  work: (format: number) => T,
): T | Refusal<"store_newer"> {
  const format = migrations.at(-1)?.version ?? 0;
  try {
    return work(format);
  } catch (error) {
    if (!isBehind(error)) throw error;
  }
  const made = migrate(db, migrations);
  return made.ok ? work(format) : storeNewer(made.format, format);
}

interface Asked {
  readonly request: HttpRequest;
  readonly world: World;
  readonly waited: Waited;
  readonly format: number;
}

/** The operation's handler with its input and context, or the answer of a request that does not come so far. */
function admit<Out>(
  table: Table,
  parts: AnyParts<Out>,
  { request, world, waited, format }: Asked,
): { run(): Out } | HttpReply | Refusal {
  const found = findOperation(table, request);
  if (!("operation" in found)) return found;
  const { operation } = found;
  const handle = parts.handlers[operation.id];
  if (handle === undefined) throw new Error(`nobody handles ${operation.id}`);
  const input = readInput(found, request);
  const credentials = takesTokens(operation) ? credentialsOf(request) : NO_CREDENTIALS;
  const known = input.ok ? input.value : undefined;
  const view = lookAt(operation, parts.views?.[operation.id], {
    db: world.db,
    input: known,
    asker: { accessor: accessorOf(credentials), method: request.method },
  });
  const unfit =
    view === undefined
      ? undefined
      : operation.store === "restoring"
        ? judgeFormat(view, format)
        : judgeStore(view, format);
  if (unfit !== undefined) return unfit;
  const nowMs = world.nowMs();
  const caller = judgeCaller(credentials, view?.token ?? null, nowMs);
  if (!caller.ok) return caller;
  const needed = judgeNeeds(operation.needs, { request, world, caller: caller.value, view, input: known });
  if (!needed.ok) return needed;
  if (!input.ok) return input;
  const body = readBody(operation, parts, { db: world.db, request });
  if (!body.ok) return body;
  const context = { request, world, caller: caller.value, view, open: needed.value.open, waited, nowMs };
  const values = body.value === undefined ? input.value : { ...input.value, body: body.value };
  return { run: () => handle(values, context) };
}

const NO_CREDENTIALS = { kind: "none" } as const;

function takesTokens({ needs }: TableOperation): boolean {
  return needs === "any_token" || typeof needs !== "string";
}

function lookAt(
  { store }: TableOperation,
  look: Look<InputValues, AnyView> | undefined,
  { db, input, asker }: { db: Db; input: InputValues | undefined; asker: Asker },
): AnyView {
  if (store === "none") return undefined;
  if (look !== undefined && input !== undefined) return look(db, input, asker);
  const namespace = input?.namespace;
  return readView(db, typeof namespace === "string" ? namespace : null, asker.accessor);
}

/** A JSON body as its schema has it; undefined for bytes, which the handler takes as they are, and for none. */
function readBody(
  { body, bodyless }: TableOperation,
  { bodies, parseBody }: Pick<AnyParts<unknown>, "bodies" | "parseBody">,
  { db, request }: { db: Db; request: HttpRequest },
) {
  if (bodyless && request.body.length > 0) return refuse("invalid_body", "This route takes no body.");
  if (body === null || body.schema === "bytes") return NO_BODY;
  const schema = bodies[body.schema];
  if (schema === undefined || parseBody === undefined) throw new Error(`nobody brought ${body.schema}`);
  return parseBody(db, request, { rules: body, schema });
}

const NO_BODY = { ok: true, value: undefined } as const;

/** Runs work to what the engine is given, whatever it throws. */
function settling(request: HttpRequest, world: World) {
  const failed = (error: unknown) => settled(refusalOfFault(error, request, world));
  const settled = (result: Result<unknown> | Export<unknown>): Handled => {
    if ("proposals" in result) {
      const { proposals, options } = result;
      const answer = (outcomes: readonly CommitOutcome[]) => settle(() => result.answer(outcomes));
      return { kind: "commit", proposals, options, answer, failed };
    }
    if ("park" in result) {
      const { park } = result;
      if (!("answer" in result)) return { kind: "wait", park };
      return { kind: "export", park, answer: (exported) => settle(() => result.answer(exported)) };
    }
    return { kind: "reply", reply: replyOf(result, request, world) };
  };
  const settle = (work: () => Result<unknown> | Export<unknown>): Handled => {
    try {
      return settled(work());
    } catch (error) {
      return failed(error);
    }
  };
  return settle;
}

/** Refusals as problem documents; without the body for HEAD. */
export function replyOf(result: Answer<unknown>, request: HttpRequest, world: World): HttpReply {
  const reply = isRefusal(result) ? problemOf(result, world) : result;
  return request.method === "HEAD" ? withoutBody(reply) : reply;
}

/** With the length that GET's body has (RFC 9110 section 9.3.2), unless the handler has said it. */
function withoutBody({ status, headers, body }: HttpReply): HttpReply {
  const length = typeof body === "string" ? utf8Length(body) : body.length;
  const said = length === 0 || headers.some(([name]) => name === "content-length");
  return { status, headers: said ? headers : [...headers, ["content-length", String(length)]], body: "" };
}
