/**
 * Spin variables: where a value comes from, and the `{{ name }}` templates that carry it to a component.
 * A name that the manifest does not know is refused at the start; a required one without a value is not,
 * since on Spin that shows only when a component asks for it.
 */
import type { VariableSpec } from "./manifest.ts";

export interface VariableSources {
  /** From the command line; they win. */
  readonly given: Readonly<Record<string, string>>;
  /** The process's environment, of which `SPIN_VARIABLE_<NAME>` is read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Values by name; null for a required one that nobody gave. */
export type VariableValues = Readonly<Record<string, string | null>>;

/** Throws, naming it, when a variable is given that the manifest does not declare. */
export function resolveVariables(
  specs: Readonly<Record<string, VariableSpec>>,
  { given, environment }: VariableSources,
): VariableValues {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(specs, name))
      throw new Error(`there is no variable ${name}; there are: ${Object.keys(specs).join(", ")}`);
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const value = given[name] ?? environment[`SPIN_VARIABLE_${name.toUpperCase()}`] ?? spec.default;
      return [name, value ?? null];
    }),
  );
}

/**
 * Fills a template in. Null when one of its variables has no value. Throws on a name that is not declared
 * and on a brace that is not closed. `\{{` and `\}}` stand for themselves.
 */
export function fillTemplate(template: string, values: VariableValues): string | null {
  let missing = false;
  const text = template.replace(/\\(\{\{|\}\})|\{\{([^}]*)\}\}|\{\{|\}\}/g, (all, escaped, inner) => {
    if (escaped !== undefined) return escaped;
    if (inner === undefined) throw new Error(`'${template}': '${all}' has no counterpart`);
    const name = inner.trim();
    if (!Object.hasOwn(values, name)) throw new Error(`'${template}': there is no variable ${name}`);
    const value = values[name] ?? null;
    if (value === null) missing = true;
    return value ?? "";
  });
  return missing ? null : text;
}
