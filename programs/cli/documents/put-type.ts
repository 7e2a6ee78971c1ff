/**
 * The media type of a value that `put` writes and nobody named. What a file's name says comes first; then a document
 * that is there keeps the type that it has, so that a value from a pipe (`get --revision N | put`) changes no type;
 * then the key's own extension, as an import takes it; then the bytes.
 */

import { typeOfName } from "../../../lib/core/file-types.ts";
import { isJsonType } from "../../../lib/core/media-type.ts";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { sayWarning } from "../output.ts";
import type { DocumentName } from "../target.ts";
import { guessType } from "../tree/bytes-type.ts";

/** Asks the server what is there, except where `absent` says that nothing may be. */
export async function chooseMediaType(
  client: Client,
  target: DocumentName,
  value: { readonly bytes: Uint8Array; readonly file?: string; readonly if?: string },
): Promise<string> {
  const { bytes, file = "-" } = value;
  return (
    (file === "-" ? undefined : namedType(file, bytes)) ??
    (value.if === "absent" ? undefined : await storedType(client, target)) ??
    namedType(target.key, bytes) ??
    guessType(bytes)
  );
}

/** What the name says, unless the bytes are something else. */
function namedType(name: string, bytes: Uint8Array): string | undefined {
  const named = typeOfName(name);
  if (named === undefined) return undefined;
  const isJson = isJsonType(named.mediaType);
  const misfit = isJson
    ? guessType(bytes) !== "application/json"
    : named.text && decodeUtf8(bytes) === undefined;
  if (misfit && isJson)
    sayWarning(`${name} has the name of ${named.mediaType}, and the value is none: it is kept as what it is`);
  return misfit ? undefined : named.mediaType;
}

/**
 * Undefined where nothing is there, or where the token may not know. Asks by GET, because a refusal of HEAD has no
 * body that says what it is.
 */
async function storedType(client: Client, { namespace, key }: DocumentName): Promise<string | undefined> {
  try {
    const { headers } = await client.request("GET", pathTo`/v1/read/${namespace}`, { query: { key } });
    return headers.get("content-type") ?? undefined;
  } catch (error) {
    if (error instanceof Failure && (error.exit === EXIT.absent || error.exit === EXIT.auth))
      return undefined;
    throw error;
  }
}
