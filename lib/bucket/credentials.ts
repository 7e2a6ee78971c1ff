/**
 * Where the bucket's credentials come from. `static`: they are variables. `file` and `chain`: the host finds them anew
 * for each request and gives them as the same variables, which is more than a host may be able to do; so it has to say
 * that it did, and a component that is told nothing refuses the setting by its name.
 */

export const CREDENTIALS_MODES = ["static", "file", "chain"] as const;
export type CredentialsMode = (typeof CREDENTIALS_MODES)[number];

export const CREDENTIALS_VARIABLE = "bucket_credentials";

/** What the variable `host_credentials` says: the host has given them, or looked for them and says why there are none. */
export const GIVEN_BY_HOST = "given";
export const NOT_GIVEN = "none: ";

type Variable = (name: string) => string | undefined;

/** Undefined for a word that is none. */
export function readCredentialsMode(variable: Variable): CredentialsMode | undefined {
  const text = (variable(CREDENTIALS_VARIABLE) ?? "").trim() || "static";
  return CREDENTIALS_MODES.find((mode) => mode === text);
}

/** Whether the credentials in the variables are what the setting means. */
export function areCredentialsGiven(variable: Variable): boolean {
  const mode = readCredentialsMode(variable);
  return mode === "static" || (mode !== undefined && variable("host_credentials") === GIVEN_BY_HOST);
}

/** What is wrong with the setting, for people; undefined where the credentials are given. */
export function credentialsTrouble(variable: Variable): string | undefined {
  if (areCredentialsGiven(variable)) return undefined;
  const mode = readCredentialsMode(variable);
  if (mode === undefined) return `${CREDENTIALS_VARIABLE} is one of ${CREDENTIALS_MODES.join(", ")}.`;
  const said = variable("host_credentials") ?? "";
  return said.startsWith(NOT_GIVEN)
    ? `${CREDENTIALS_VARIABLE} ${mode} finds no credentials: ${said.slice(NOT_GIVEN.length)}`
    : `${CREDENTIALS_VARIABLE} ${mode} needs a host that looks for credentials, as npm start does; this one takes static only.`;
}
