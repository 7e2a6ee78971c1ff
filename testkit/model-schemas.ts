/** Schemas of the store's model: which counts for a key, and whether a value fits. They share no code with the rules. */
import type { TestChange } from "./proposals.ts";

/** Each schema that is drawn, and what it takes. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  '{"type":"number"}': (value) => typeof value === "number",
  '{"type":"object"}': (value) => typeof value === "object" && value !== null,
  '{"const":1}': (value) => value === 1,
  "{}": () => true,
};
export const MODEL_SCHEMAS: readonly string[] = Object.keys(FITS);

export class ModelSchemas {
  /** By `namespace scope`. */
  private readonly schemas = new Map<string, string>();

  /** Sets the schema of a scope, or ends it; says whether that changed anything. */
  set(ns: string, scope: string, schema: string | undefined): boolean {
    const name = `${ns} ${scope}`;
    if (this.schemas.get(name) === schema) return false;
    if (schema === undefined) this.schemas.delete(name);
    else this.schemas.set(name, schema);
    return true;
  }

  has(ns: string, scope: string): boolean {
    return this.schemas.has(`${ns} ${scope}`);
  }

  /** Whether a put is taken: by the longest scope that covers its key, or by none. */
  takes({ ns, key, value, type }: Pick<TestChange, "ns" | "key" | "value" | "type">): boolean {
    const covering = [...this.schemas]
      .filter(([name]) => name.startsWith(`${ns} `))
      .map(([name, schema]) => ({ scope: name.slice(ns.length + 1), schema }))
      .filter(({ scope }) => (scope.endsWith("/") ? key.startsWith(scope) : scope === "" || key === scope))
      .sort((a, b) => b.scope.length - a.scope.length);
    const fits = FITS[covering[0]?.schema ?? "{}"];
    if (covering.length === 0 || fits === undefined) return true;
    // Texts have no reading, so a scope with a schema takes none.
    return type === "application/json" && fits(JSON.parse(String(value)));
  }
}
