/**
 * Holds requests and answers of the tests to the description of the interface: the route and status must be
 * described, the body must fit, and a request that was accepted must have been one that is described.
 */
import { Validator } from "@cfworker/json-schema";
import { openapiText } from "../../lib/wire/openapi.built.ts";

interface Content {
  readonly schema?: object;
}
interface Operation {
  readonly parameters: readonly { name: string; in: string; required: boolean }[];
  readonly requestBody?: { content: Record<string, Content> };
  readonly responses: Record<string, { content?: Record<string, Content> }>;
}
const description: { paths: Record<string, Record<string, Operation>>; components: object } =
  JSON.parse(openapiText);

const PATTERNS = Object.entries(description.paths).map(([path, operations]) => ({
  path,
  // A document may also be named in the path, for people.
  pattern: new RegExp(
    `^${path.replace(/\{\w+\}/g, "[^/]+")}${/^\/v1\/(read|write)\//.test(path) ? "(/.*)?" : ""}$`,
  ),
  operations,
}));

export interface Exchange {
  readonly method: string;
  readonly uri: string;
  readonly body: Uint8Array;
  readonly status: number;
  readonly type: string;
  readonly answer: Uint8Array;
}

/** Throws, saying what, when an exchange is not as described. */
export function checkExchange({ method, uri, body, status, type, answer }: Exchange): void {
  const path = uri.split("?")[0] ?? "";
  const found = PATTERNS.find(({ pattern }) => pattern.test(path));
  const operation = found?.operations[(method === "HEAD" ? "GET" : method).toLowerCase()];
  const where = `${method} ${path} → ${status}`;
  if (status >= 400) {
    if (method !== "HEAD") check(`${where} problem`, { $ref: "#/components/schemas/Problem" }, parse(answer));
    return;
  }
  if (method === "OPTIONS") return;
  if (operation === undefined) throw new Error(`${where}: the description has no such route`);
  const response = operation.responses[String(status)];
  if (response === undefined) throw new Error(`${where}: the description has no such answer`);
  const schema = response.content?.["application/json"]?.schema;
  if (schema !== undefined && method !== "HEAD") {
    if (!type.startsWith("application/json")) throw new Error(`${where}: ${type} instead of JSON`);
    check(where, schema, parse(answer));
  }
  const asked = operation.requestBody?.content["application/json"]?.schema;
  if (asked !== undefined) check(`${where} body`, asked, parse(body));
}

function check(where: string, schema: object, value: unknown): void {
  const validator = new Validator({ ...schema, components: description.components }, "2020-12", false);
  const { valid, errors } = validator.validate(value);
  if (!valid)
    throw new Error(`${where}: ${JSON.stringify(errors.slice(-3))}\n${JSON.stringify(value).slice(0, 500)}`);
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
