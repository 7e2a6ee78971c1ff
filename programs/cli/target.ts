/**
 * `NAMESPACE/KEY` as people type it: everything after the first slash is the key, exactly.
 */
import { InvalidArgumentError } from "commander";

export interface DocumentName {
  readonly namespace: string;
  readonly key: string;
}

/** A namespace and a key that is not empty; refuses anything else as wrong use. */
export function parseTarget(text: string): DocumentName {
  const { namespace, key } = parsePlace(text);
  if (key === "") throw new InvalidArgumentError("name a document as NAMESPACE/KEY");
  return { namespace, key };
}

/** A namespace, with a prefix of keys or without. */
export function parsePlace(text: string): DocumentName {
  const slash = text.indexOf("/");
  const namespace = slash < 0 ? text : text.slice(0, slash);
  if (namespace === "") throw new InvalidArgumentError("name the namespace first");
  return { namespace, key: slash < 0 ? "" : text.slice(slash + 1) };
}

export function formatTarget({ namespace, key }: DocumentName): string {
  return `${namespace}/${key}`;
}
