/** The media type of a file that its name does not tell. What names tell is in lib/core/file-types.ts. */
import { findJsonFault } from "../import/json-text.ts";
import { guessType } from "./bytes-type.ts";

/** The media type of bytes that no name describes: JSON only where the server takes it as JSON. */
export function typeOfBytes(bytes: Uint8Array): string {
  const guessed = guessType(bytes);
  return guessed === "application/json" && findJsonFault(bytes) !== undefined ? "text/plain" : guessed;
}
