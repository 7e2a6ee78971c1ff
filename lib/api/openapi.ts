/**
 * The description of the interface (OpenAPI 3.1), from the schemas that judge bodies and the table of routes.
 * Made when a component is built, never while it runs.
 */
import { SESSION_COOKIE } from "../core/console-session.ts";
import { meaningOf, type RefusalCode } from "../core/refusal.ts";
import { VERSION } from "../core/version.ts";
import { countsAsRead } from "./counted-reads.ts";
import { wordsOf } from "./needs.ts";
import type { Operation, OperationAnswer } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { HEADERS, PARAMETERS, parametersOf, schemaOf } from "./parameters.ts";
import { jsonSchemas } from "./schemas.ts";

type Json = Record<string, unknown>;

/** A refusal that several routes describe in the same words, kept once. */
interface Shared {
  readonly name: string;
  readonly response: Json;
}

const OPTIONAL = "-optional";
/** Of every answer; a rate where it is limited. */
const ALWAYS = ["Cache-Control", "Vary", "RateLimit?", "RateLimit-Policy?"];
/** Headers of refusals by status; a name with `?` is not there with every code. */
const OF_STATUS: Readonly<Record<number, readonly string[]>> = {
  401: ["WWW-Authenticate"],
  404: ["Ledge-Revision?", "Ledge-Head?", "Ledge-Lineage?", "Ledge-Pointer-Revision?"],
  412: ["ETag?"],
  429: ["Retry-After", "RateLimit", "RateLimit-Policy"],
  503: ["Retry-After", "Ledge-Head?"],
};

const ABOUT = `Configuration in one SQLite file. Every refusal is a problem document (RFC 9457) with a code; codes are interface, wording is not. Unknown parameters, members and Ledge headers are refused by name. A path that exists answers another method with 405 and OPTIONS with 204, both with Allow; a path that does not exist is 404 no_route. HEAD answers like GET, without the body.`;

const ROUTES: readonly Operation[] = OPERATIONS;

/** The whole description. */
export function describeInterface(): Json {
  const shared = new Map<string, Shared>();
  const described = paths(shared);
  return {
    openapi: "3.1.0",
    info: {
      title: "Ledge",
      version: VERSION,
      description: ABOUT,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    paths: described,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "ldg_<accessor>_<secret><check>" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: SESSION_COOKIE,
          description:
            "The console's. It counts where no Authorization is sent, with the header `Ledge-Console: 1`, from a page of this origin (Sec-Fetch-Site, else Origin).",
        },
      },
      parameters: parameterComponents(),
      headers: headerComponents(),
      responses: Object.fromEntries([...shared.values()].map(({ name, response }) => [name, response])),
      schemas: jsonSchemas(),
    },
  };
}

function paths(shared: Map<string, Shared>): Json {
  const made: Record<string, { head?: Json } & Json> = {};
  for (const operation of ROUTES) {
    const path = made[operation.path] ?? { options: optionsOf(operation.path) };
    path[operation.method] = describe(operation, shared);
    if (operation.method === "get") path.head = headOf(operation);
    made[operation.path] = path;
  }
  return made;
}

function describe(operation: Operation, shared: Map<string, Shared>): Json {
  const { id, summary, needs, parameters, body, answers, codes } = operation;
  return {
    operationId: id,
    summary,
    description: `Needs ${wordsOf(needs)}.`,
    ...(needs === "nothing" ? { security: [] } : {}),
    parameters: parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body.schema) } }),
    responses: {
      ...mapValues(answers, describeAnswer),
      ...refusals(isRead(operation) ? [...codes, "rate_limited"] : codes, shared),
    },
  };
}

/** A host may limit how many there are. */
function isRead({ method, path }: Operation): boolean {
  return countsAsRead(method.toUpperCase(), path);
}

function headOf({ id, summary, needs, parameters, answers }: Operation): Json {
  return {
    operationId: `${id}Head`,
    summary: `Like GET, without the body. ${summary}`,
    ...(needs === "nothing" ? { security: [] } : {}),
    parameters: parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    responses: {
      ...mapValues(answers, ({ content: _content, ...answer }) => describeAnswer(answer)),
      default: { description: "The status that GET would answer with, without its problem document." },
    },
  };
}

/** Every path tells its methods; it asks for no token. */
function optionsOf(path: string): Json {
  const first = ROUTES.find((operation) => operation.path === path);
  const fixed = first?.parameters.filter((name) => PARAMETERS[name].in === "path") ?? [];
  return {
    operationId: `${first?.id}Options`,
    summary: "The methods of this path.",
    security: [],
    parameters: fixed.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    responses: { 204: { description: "In Allow.", headers: headersOf(["Allow"]) } },
  };
}

function describeAnswer({ description, content, events, headers = [] }: OperationAnswer): Json {
  return {
    description,
    headers: headersOf(headers),
    ...(content === undefined
      ? {}
      : { content: { ...contentOf(content), ...(events === true ? EVENTS : {}) } }),
  };
}

const EVENTS = { "text/event-stream": { schema: { type: "string" } } };

function contentOf(content: NonNullable<OperationAnswer["content"]>): Json {
  if (content === "bytes") return { "*/*": {} };
  if (content === "page") return { "text/html": { schema: { type: "string" } } };
  if (content === "text") return { "text/plain": { schema: { type: "string" } } };
  if (content === "description") return { "application/json": { schema: { type: "object" } } };
  return { "application/json": { schema: { $ref: `#/components/schemas/${content}` } } };
}

/** One answer a status, with every code that it may carry. */
function refusals(codes: readonly RefusalCode[], shared: Map<string, Shared>): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set(codes)) {
    const { status } = meaningOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code].sort());
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => {
      const key = named.join();
      const found = shared.get(key) ?? {
        name: `${status}-${shared.size + 1}`,
        response: refusal(status, named),
      };
      shared.set(key, found);
      return [status, { $ref: `#/components/responses/${found.name}` }];
    }),
  );
}

function refusal(status: number, codes: readonly string[]): Json {
  return {
    description: codes.map((code) => `\`${code}\``).join(", "),
    headers: headersOf(OF_STATUS[status] ?? []),
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem", properties: { code: { enum: codes } } },
      },
    },
  };
}

function headersOf(names: readonly string[]): Json {
  return Object.fromEntries(
    [...ALWAYS, ...names].map((given) => [
      given.replace("?", ""),
      { $ref: `#/components/headers/${given.replace("?", OPTIONAL)}` },
    ]),
  );
}

/** A path's parameters are always there, and so is a key, in its one way or the other. */
function parameterComponents(): Json {
  return mapValues(parametersOf(ROUTES), ({ in: place, name, kind, description }) => ({
    in: place,
    name,
    description,
    schema: schemaOf(kind),
    ...(place === "path" || kind.kind === "key" ? { required: true } : {}),
  }));
}

/** Each header twice: always there, and perhaps. A reference cannot say which. */
function headerComponents(): Json {
  return Object.fromEntries(
    Object.entries(HEADERS).flatMap(([name, header]) => [
      [name, { required: true, ...header }],
      [`${name}${OPTIONAL}`, header],
    ]),
  );
}

function mapValues<V>(record: Readonly<Record<string, V>>, map: (value: V) => unknown): Json {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
