/** S3's answers that are not data: error documents, and lists as XML. */

/** An answer of S3's kind, thrown where it is known and written by the server. */
export class ChaosRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly extra: Readonly<Record<string, string>>;
  constructor(status: number, code: string, extra: Readonly<Record<string, string>> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

export function errorDocument({ code, extra }: ChaosRefusal): string {
  const members = Object.entries({ Code: code, Message: `The server says ${code}.`, ...extra });
  const lines = members.map(([name, value]) => element(name, value));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${lines.join("")}</Error>`;
}

export function element(name: string, value: string): string {
  return `<${name}>${escaped(value)}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}
