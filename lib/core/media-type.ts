/**
 * Media types (RFC 9110 section 8.3): what a document says its bytes are. Stored with type, subtype and
 * parameter names in lower case and one space after each semicolon, so that equal types are equal texts.
 */
import { accept, type Outcome, refuse } from "./refusal.ts";

export const MEDIA_TYPE_BYTES_MAX = 200;

const TYPE = /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\/([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*/;
const PARAMETER =
  /^;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[ \t!#-[\]-~]|\\[ -~])*")[ \t]*/;

export interface MediaType {
  /** As it is stored and served. */
  readonly text: string;
  /** Type and subtype. */
  readonly essence: string;
  /** Whether it says that the bytes are UTF-8. */
  readonly utf8: boolean;
}

/** Refuses `media_type`: missing, malformed, a form, or a charset other than UTF-8. */
export function parseMediaType(value: string | undefined): Outcome<MediaType, "media_type"> {
  if (value === undefined || value === "") {
    return refuse(
      "media_type",
      'Say what the bytes are with Content-Type (curl: -H "Content-Type: application/json").',
    );
  }
  const match = TYPE.exec(value);
  if (match === null || value.length > MEDIA_TYPE_BYTES_MAX) return malformed();
  const essence = `${match[1]}/${match[2]}`.toLowerCase();
  if (essence === "application/x-www-form-urlencoded" || essence.startsWith("multipart/")) {
    return refuse(
      "media_type",
      `A document cannot be ${essence}, which curl and browsers send by themselves. Name the real type (curl: -H "Content-Type: …").`,
    );
  }
  let text = essence;
  let utf8 = false;
  let rest = value.slice(match[0].length);
  while (rest !== "") {
    const parameter = PARAMETER.exec(rest);
    if (parameter === null) return malformed();
    const name = (parameter[1] ?? "").toLowerCase();
    let setting = parameter[2] ?? "";
    if (name === "charset") {
      setting = setting.replace(/"/g, "").toLowerCase();
      if (setting !== "utf-8") return refuse("media_type", "The only charset is utf-8.");
      utf8 = true;
    }
    text += `; ${name}=${setting}`;
    rest = rest.slice(parameter[0].length);
  }
  return accept({ text, essence, utf8 });
}

/** Whether a stored type is JSON: application/json or anything ending in +json. */
export function isJsonType(text: string): boolean {
  if (text === "application/json") return true;
  const end = text.indexOf(";");
  const essence = end < 0 ? text : text.slice(0, end);
  return essence === "application/json" || essence.endsWith("+json");
}

/** What a browser may show in place; everything else is offered as a download. */
export function isShown(text: string): boolean {
  return isJsonType(text) || text === "text/plain" || text.startsWith("text/plain;");
}

function malformed(): Outcome<never, "media_type"> {
  return refuse(
    "media_type",
    `A media type is type/subtype with parameters, in at most ${MEDIA_TYPE_BYTES_MAX} characters.`,
  );
}
