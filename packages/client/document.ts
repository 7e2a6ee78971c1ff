/** A document as it was read: its bytes, and what the server says of it. */

export interface ConfigDocument {
  readonly namespace: string;
  readonly key: string;
  readonly etag: string;
  /** Of the commit that made it what it is. */
  readonly revision: number;
  readonly mediaType: string;
  /** ISO 8601. */
  readonly modified: string;
  readonly bytes: Uint8Array;
  /** True: the server did not answer, and this is what was read last. */
  readonly stale: boolean;
}

/** The parsed JSON of a JSON type, the text of any other text, and bytes of anything else. */
export function valueIn({ mediaType, bytes }: Pick<ConfigDocument, "mediaType" | "bytes">): unknown {
  if (isJson(mediaType)) return JSON.parse(decodeText(bytes));
  try {
    return decodeText(bytes);
  } catch {
    return bytes;
  }
}

/** The same of what is known to be text. */
export function valueInText(mediaType: string, text: string): unknown {
  return isJson(mediaType) ? JSON.parse(text) : text;
}

function isJson(mediaType: string): boolean {
  const type = mediaType.split(";", 1)[0] ?? "";
  return type === "application/json" || type.endsWith("+json");
}

/** Throws when the bytes are no UTF-8. A byte order mark stays. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function base64OfBytes(bytes: Uint8Array): string {
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}
