/**
 * `spin.toml`, version 2, as Spin 4.0.2 reads it (crates/manifest/src/schema/v2.rs): every table strict, an
 * unknown key refused by its name. Promise: what comes out can be run; what this host cannot do (a source
 * from a registry, files, other triggers) is refused here, not met later.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "smol-toml";
import * as z from "zod";

export interface SpinManifest {
  readonly name: string;
  readonly variables: Readonly<Record<string, VariableSpec>>;
  readonly routes: readonly RouteSpec[];
  readonly crons: readonly { readonly component: string; readonly expression: string }[];
  readonly components: readonly ComponentSpec[];
}

export interface VariableSpec {
  readonly default: string | undefined;
}

export interface StaticResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type RouteSpec = {
  /** Undefined: private, reached only by other components. */
  readonly route: string | undefined;
} & ({ readonly component: string } | { readonly reply: StaticResponse });

export interface ComponentSpec {
  readonly name: string;
  /** Absolute. */
  readonly source: string;
  readonly databases: readonly string[];
  /** Name in the component → template. */
  readonly variables: Readonly<Record<string, string>>;
  /** Templates. */
  readonly outboundHosts: readonly string[];
}

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i;
const SNAKE = /^[a-z](_?[a-z0-9])*$/;
const LABEL = /^([a-z][a-z0-9]*(-[a-z0-9]+)*|[a-z][a-z0-9]*(_[a-z0-9]+)*)$/;

const AnyTable = z.record(z.string(), z.unknown());
const Id = z.string().regex(KEBAB, "is not kebab-case");
const Static = z.strictObject({
  status_code: z.number().int().min(100).max(599).default(200),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
});
const HttpTrigger = z.strictObject({
  id: z.string().optional(),
  route: z.union([z.string(), z.strictObject({ private: z.literal(true) })]),
  component: Id.optional(),
  static_response: Static.optional(),
  executor: z.strictObject({ type: z.enum(["http", "spin"]) }).optional(),
});
const CronTrigger = z.strictObject({
  id: z.string().optional(),
  component: Id,
  cron_expression: z.string(),
});
const Variable = z
  .strictObject({
    default: z.string().optional(),
    required: z.boolean().optional(),
    secret: z.boolean().optional(),
    description: z.string().optional(),
  })
  .refine(
    (entry) => entry.default !== undefined || entry.required === true,
    "needs a default or required = true",
  );
const Component = z.strictObject({
  source: z.string(),
  description: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  files: z.array(z.unknown()).max(0, "is not served by this host").optional(),
  exclude_files: z.array(z.string()).optional(),
  variables: z.record(z.string().regex(SNAKE, "is not snake_case"), z.string()).default({}),
  allowed_outbound_hosts: z.array(z.string()).default([]),
  key_value_stores: z.array(z.string()).max(0, "are not served by this host").optional(),
  sqlite_databases: z.array(z.string().regex(LABEL, "is not kebab-case or snake_case")).default([]),
  ai_models: z.array(z.string()).max(0, "are not served by this host").optional(),
  targets: z.array(z.unknown()).optional(),
  build: z
    .strictObject({
      command: z.union([z.string(), z.array(z.string())]),
      workdir: z.string().optional(),
      watch: z.array(z.string()).optional(),
    })
    .optional(),
  dependencies: AnyTable.optional(),
  dependencies_inherit_configuration: z.boolean().optional(),
  profile: AnyTable.optional(),
  tool: AnyTable.optional(),
});
const ManifestToml = z.strictObject({
  spin_manifest_version: z.literal(2),
  application: z.strictObject({
    name: z.string(),
    version: z.string().optional(),
    description: z.string().optional(),
    authors: z.array(z.string()).optional(),
    targets: z.array(z.unknown()).optional(),
    trigger: z
      .strictObject({ http: z.strictObject({ base: z.literal("/").optional() }).optional() })
      .optional(),
    tool: AnyTable.optional(),
  }),
  variables: z.record(z.string().regex(SNAKE, "is not snake_case"), Variable).default({}),
  trigger: z.strictObject({ http: z.array(HttpTrigger).default([]), cron: z.array(CronTrigger).default([]) }),
  component: z.record(Id, Component).default({}),
});

/** Reads a manifest. Throws an Error whose message names the file and every place that is wrong. */
export function readSpinManifest(file: string): SpinManifest {
  const path = resolve(file);
  const read = ManifestToml.safeParse(tomlOf(path));
  if (!read.success) {
    const problems = read.error.issues.map(
      ({ path: at, message }) => `  ${at.join(".") || "top level"}: ${message}`,
    );
    throw new Error(`${path} is not a manifest that can be run:\n${problems.join("\n")}`);
  }
  const { application, variables, trigger, component } = read.data;
  const components = Object.entries(component).map(([name, spec]): ComponentSpec => {
    if (name !== name.toLowerCase()) throw new Error(`${path}: component ${name} is not kebab-case`);
    return {
      name,
      source: join(dirname(path), spec.source),
      databases: spec.sqlite_databases,
      variables: spec.variables,
      outboundHosts: spec.allowed_outbound_hosts,
    };
  });
  const known = new Set(components.map(({ name }) => name));
  const routes = trigger.http.map((entry) => routeSpec(path, known, entry));
  for (const cron of trigger.cron) requireComponent(path, known, cron.component);
  return {
    name: application.name,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, spec]) => [name, { default: spec.default }]),
    ),
    routes,
    crons: trigger.cron.map(({ component: name, cron_expression }) => ({
      component: name,
      expression: cron_expression,
    })),
    components,
  };
}

function tomlOf(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function routeSpec(path: string, known: Set<string>, entry: z.infer<typeof HttpTrigger>): RouteSpec {
  const route = typeof entry.route === "string" ? entry.route : undefined;
  const named = route ?? "a private route";
  if ((entry.component === undefined) === (entry.static_response === undefined)) {
    throw new Error(`${path}: ${named} needs either a component or a static_response`);
  }
  if (entry.static_response !== undefined) {
    const { status_code, headers, body } = entry.static_response;
    return { route, reply: { status: status_code, headers, body } };
  }
  const component = entry.component ?? "";
  requireComponent(path, known, component);
  return { route, component };
}

function requireComponent(path: string, known: Set<string>, name: string): void {
  if (!known.has(name)) throw new Error(`${path}: a trigger names component ${name}, which is not defined`);
}
