/** What refusals say that more than one place makes, by code. */
export const REFUSAL_DETAILS = {
  bad_path: "The path is not percent-encoded UTF-8.",
  bad_token: "The token is malformed, unknown, wrong or revoked.",
  duplicate_change: "A commit names each key once.",
  reserved_namespace: "Namespaces that begin with _ are changed through /v1/admin only.",
  token_expired: "The token has expired. Ask whoever gave it for another one.",
} as const;

export function givenTwice(header: string): string {
  return `The header ${header} is given twice.`;
}
