/**
 * Values by a schema of the caller's: any library that speaks Standard Schema 1 (zod, valibot, arktype …). The types are
 * those of https://standardschema.dev, which is made to be copied into code like this.
 */
import { LedgeError } from "./errors.ts";

export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The value as the schema gives it. Rejects with `value_unfit`, which names each place. */
export async function conform<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  what: string,
): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const causes = result.issues.map(({ message, path = [] }) => ({
    pointer: path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""),
    detail: message,
  }));
  const [first] = causes;
  throw new LedgeError(
    "value_unfit",
    `${what} does not fit its schema: ${first?.pointer ?? ""} ${first?.detail ?? ""}`,
    {
      causes,
    },
  );
}
