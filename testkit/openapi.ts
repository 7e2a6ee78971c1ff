/**
 * Holds requests and answers of the tests to the description of the interface. An answer must be described:
 * its status, its code, its headers, its body. A request that was accepted must be one that is described: its
 * parameters, its headers, its body. What the description does not know must be refused as unknown.
 */

import { Validator } from "@cfworker/json-schema";
import { describeInterface } from "../lib/api/openapi.ts";
import { CONSOLE_HEADER } from "../lib/core/console-session.ts";

type Schema = Readonly<Record<string, unknown>>;
interface Reference {
  readonly $ref?: string;
}
interface Content {
  readonly schema?: Schema;
}
interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Header {
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Response {
  readonly headers?: Readonly<Record<string, Header & Reference>>;
  readonly content?: Readonly<Record<string, Content>>;
}
export interface DescribedOperation {
  readonly parameters: readonly (Parameter & Reference)[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response & Reference>>;
}
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

export interface Exchange {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly status: number;
  /** Names in lower case. */
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answer: Uint8Array;
}

export const description: Description = JSON.parse(JSON.stringify(describeInterface()));

/** Headers of requests that mean something to us wherever they are sent. */
const CONDITIONS = ["if-match", "if-none-match", "idempotency-key"];
/** Headers of answers that must be described wherever they are sent. */
const TELLING =
  /^(ledge-.*|etag|link|allow|content-location|content-disposition|www-authenticate|retry-after|ratelimit.*)$/;

/** Throws, saying what, when an exchange is not as described. */
export function checkExchange(exchange: Exchange, described: Description = description): void {
  new Check(exchange, described).run();
}

class Check {
  readonly #exchange: Exchange;
  readonly #described: Description;
  readonly #path: string;

  constructor(exchange: Exchange, described: Description) {
    this.#exchange = exchange;
    this.#described = described;
    this.#path = exchange.uri.split("?")[0] ?? "";
  }

  run(): void {
    const { method } = this.#exchange;
    const found = findPath(this.#described, this.#path);
    const operation = found?.operations[method.toLowerCase()];
    if (found === undefined) this.#unknownPath();
    else if (operation === undefined) this.#otherMethod(found.operations);
    else this.#asDescribed(operation, found.operations);
  }

  #asDescribed(
    operation: DescribedOperation,
    operations: Readonly<Record<string, DescribedOperation>>,
  ): void {
    const { method, status } = this.#exchange;
    const response = this.#resolve(operation.responses[String(status)] ?? operation.responses.default);
    if (response === undefined) this.#fail("the description has no such status");
    this.#answer(response);
    if (method === "OPTIONS") this.#allow(operations);
    else if (status < 400) this.#request(operation);
  }

  #unknownPath(): void {
    if (this.#exchange.status !== 404) this.#fail("the description has no such path");
    this.#body({ $ref: "#/components/schemas/Problem", properties: { code: { const: "no_route" } } });
  }

  #otherMethod(operations: Readonly<Record<string, DescribedOperation>>): void {
    if (this.#exchange.status !== 405) this.#fail("the description has no such method");
    this.#body({
      $ref: "#/components/schemas/Problem",
      properties: { code: { const: "method_not_allowed" } },
    });
    this.#allow(operations);
  }

  #allow(operations: Readonly<Record<string, DescribedOperation>>): void {
    const told = (this.#exchange.answerHeaders.allow ?? "").split(", ").sort().join();
    const known = Object.keys(operations).map((method) => method.toUpperCase());
    if (told !== known.sort().join()) this.#fail(`Allow is ${told}`);
  }

  #answer({ headers = {}, content }: Response): void {
    const { answerHeaders } = this.#exchange;
    const described = new Map(
      Object.entries(headers).map(([name, header]) => [name.toLowerCase(), this.#resolve(header)]),
    );
    for (const [name, header] of described) {
      const value = answerHeaders[name];
      if (value === undefined && header?.required === true) this.#fail(`the header ${name} is missing`);
      if (value !== undefined && header !== undefined)
        this.#check(`header ${name}`, header.schema, typed(value, header.schema));
    }
    for (const name of Object.keys(answerHeaders)) {
      // What is said of HEAD's refusals is only that they are GET's.
      const open = content === undefined && this.#exchange.method === "HEAD" && this.#exchange.status >= 400;
      if (TELLING.test(name) && !described.has(name) && !open)
        this.#fail(`the header ${name} is not described`);
    }
    if (content !== undefined) this.#content(content);
    else if (this.#exchange.answer.length > 0) this.#fail("a body where none is described");
  }

  #content(content: Readonly<Record<string, Content>>): void {
    const type = (this.#exchange.answerHeaders["content-type"] ?? "").split(";")[0] ?? "";
    const found = content[type] ?? content["*/*"];
    if (found === undefined) this.#fail(`the media type ${type} is not described`);
    if (found.schema !== undefined && type.endsWith("json")) this.#body(found.schema);
  }

  #body(schema: Schema): void {
    if (this.#exchange.method !== "HEAD") this.#check("answer", schema, parse(this.#exchange.answer));
  }

  /** Of an accepted request: nothing was taken that is not described. */
  #request(operation: DescribedOperation): void {
    const parameters = operation.parameters.flatMap((parameter) => this.#resolve(parameter) ?? []);
    const query = new URLSearchParams(this.#exchange.uri.split("?")[1] ?? "");
    const sent = new Map(this.#exchange.headers.map(([name, value]) => [name.toLowerCase(), value]));
    for (const { name, in: place, schema, required } of parameters) {
      if (place === "path") continue;
      const value = place === "query" ? query.get(name) : (sent.get(name.toLowerCase()) ?? null);
      if (value !== null) this.#check(`${place} ${name}`, schema, typed(value, schema));
      else if (required === true && !(name === "key" && KEY_IN_PATH.test(this.#path)))
        this.#fail(`${name} is missing`);
    }
    const named = (place: string, name: string) =>
      parameters.some((known) => known.in === place && known.name.toLowerCase() === name.toLowerCase());
    for (const name of query.keys()) if (!named("query", name)) this.#fail(`took the parameter ${name}`);
    for (const name of sent.keys()) {
      // Of the security scheme `session`, which goes with every route.
      if (name === CONSOLE_HEADER) continue;
      const ours =
        name.startsWith("ledge-") || (CONDITIONS.includes(name) && this.#exchange.method !== "GET");
      if (ours && this.#exchange.method !== "HEAD" && !named("header", name))
        this.#fail(`took the header ${name}`);
    }
    const asked = operation.requestBody?.content["application/json"]?.schema;
    if (asked !== undefined) this.#check("body", asked, parse(this.#exchange.body));
    if (operation.requestBody === undefined && this.#exchange.body.length > 0) this.#fail("took a body");
  }

  #resolve<T extends object>(value: (T & Reference) | undefined): T | undefined {
    if (value?.$ref === undefined) return value;
    const [, , kind = "", name = ""] = value.$ref.split("/");
    const found = this.#described.components[kind]?.[name];
    if (found === undefined) this.#fail(`${value.$ref} leads nowhere`);
    return Object.assign({}, value, found);
  }

  #check(what: string, schema: Schema, value: unknown): void {
    const { valid, errors } = validatorOf(schema, this.#described).validate(value);
    if (valid) return;
    const shown = JSON.stringify(value)?.slice(0, 500);
    this.#fail(`${what}: ${JSON.stringify(errors.slice(-3))}\n${shown}`);
  }

  #fail(why: string): never {
    const { method, status } = this.#exchange;
    throw new Error(`${method} ${this.#path} → ${status}: ${why}`);
  }
}

const KEY_IN_PATH = /^\/v1\/(read|write)\/[^/]*\/./;

/** A document may also be named in the path, which a description cannot say. */
function findPath({ paths }: Description, path: string) {
  for (const [template, operations] of Object.entries(paths)) {
    const pattern = template.replace(/\{\w+\}/g, "[^/]+");
    const end = /^\/v1\/(read|write)\//.test(template) ? "(/.*)?" : "";
    if (new RegExp(`^${pattern.replace(/\./g, "\\.")}${end}$`).test(path)) return { template, operations };
  }
  return undefined;
}

const validators = new WeakMap<object, Validator>();

function validatorOf(schema: Schema, { components }: Description): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = new Validator({ ...schema, components: { schemas: components.schemas } }, "2020-12", false);
  validators.set(schema, made);
  return made;
}

/** The text of a parameter or header as its schema means it. */
function typed(value: string, schema: Schema): unknown {
  return schema.type === "integer" && /^\d+$/.test(value) ? Number(value) : value;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
