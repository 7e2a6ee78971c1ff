/**
 * The table that a component carries: its own operations with what the reader needs of them, and no description. Made
 * when a component is built (tables/*.built.ts), so that a request touches data and no code that makes it.
 */
import type { Needs } from "./needs.ts";
import type { ComponentName, Method, Operation, OperationBody } from "./operation.ts";
import { INTERNAL_OPERATIONS, OPERATIONS } from "./operations.ts";
import { type Kind, PARAMETERS, type ParameterName } from "./parameters.ts";

/** One parameter, as the reader needs it. */
export interface Rule {
  /** As it is sent; of a header in lower case. */
  readonly name: string;
  readonly as: string;
  readonly kind: Kind;
}

export interface TableOperation {
  readonly id: string;
  readonly needs: Needs;
  readonly store: "open" | "restoring" | "none";
  /** In the order of the path. */
  readonly path: readonly Rule[];
  readonly query: readonly Rule[];
  readonly headers: readonly Rule[];
  readonly queryNames: readonly string[];
  readonly headerNames: readonly string[];
  readonly body: OperationBody | null;
  /** A GET's body is not looked at; elsewhere a body that nobody takes is refused. */
  readonly bodyless: boolean;
}

export interface TablePath {
  /** All of the path before its first variable part. */
  readonly prefix: string;
  /** The segments behind the prefix: a text, or null for a variable one. Empty: the prefix is the whole path. */
  readonly tail: readonly (string | null)[];
  readonly keyInPath: boolean;
  /** What Allow says. */
  readonly allow: string;
  /** By method, as it is sent. */
  readonly methods: Readonly<Record<string, TableOperation>>;
}

/** The name of the component is there for the types: whose operations these are. */
export interface Table<Component extends string = string> {
  readonly component: Component;
  readonly paths: readonly TablePath[];
}

export function tableOf<const Component extends ComponentName>(component: Component): Table<Component> {
  const operations: readonly Operation[] = [...OPERATIONS, ...INTERNAL_OPERATIONS];
  return { component, paths: pathsOf(operations.filter((one) => one.component === component)) };
}

function pathsOf(operations: readonly Operation[]): TablePath[] {
  const paths = [...new Set(operations.map(({ path }) => path))];
  return paths.map((path) => {
    const own = operations.filter((one) => one.path === path);
    const at = path.indexOf("{");
    const tail = at < 0 ? [] : path.slice(at).split("/");
    const methods = own.map(({ method }) => method);
    return {
      prefix: at < 0 ? path : path.slice(0, at),
      tail: tail.map((segment) => (segment.startsWith("{") ? null : segment)),
      keyInPath: own.some(({ keyInPath }) => keyInPath === true),
      allow: allowOf(methods),
      methods: Object.fromEntries(own.map((one) => [one.method.toUpperCase(), compact(one)])),
    };
  });
}

/** What a path takes, as Allow says it. */
export function allowOf(methods: readonly Method[]): string {
  const named = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
  return [...named, "OPTIONS"].join(", ");
}

function compact({ id, needs, store, parameters, body, method }: Operation): TableOperation {
  const rules = (place: string) =>
    parameters.filter((name) => PARAMETERS[name].in === place).map((name) => ruleOf(name, place));
  const [query, headers] = [rules("query"), rules("header")];
  return {
    id,
    needs,
    store: store ?? "open",
    path: rules("path"),
    query,
    headers,
    queryNames: query.map(({ name }) => name),
    headerNames: headers.map(({ name }) => name),
    body: body ?? null,
    bodyless: body === undefined && method !== "get",
  };
}

function ruleOf(parameter: ParameterName, place: string): Rule {
  const { name, as, kind } = PARAMETERS[parameter];
  return { name: place === "header" ? name.toLowerCase() : name, as, kind };
}
