/** A document that may be there or not. */
import { LedgeError } from "../../client/errors.ts";
import { readDocument, type Stored } from "../app/store.ts";

/** Undefined where there is no such document. */
export async function documentThere(
  namespace: string,
  key: string,
  signal?: AbortSignal,
): Promise<Stored | undefined> {
  try {
    return await readDocument(namespace, key, signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof LedgeError && error.code === "not_found") return undefined;
    throw error;
  }
}
