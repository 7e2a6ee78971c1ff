/**
 * The little that the validating library asks of `URL`, which QuickJS does not have: a reference inside the document is
 * its fragment. What leads elsewhere is refused before anything is judged (accepted.ts).
 */
export class InDocumentUrl {
  hash: string;
  readonly #path: string;

  constructor(reference: string, base?: string) {
    const mark = reference.indexOf("#");
    const path = mark < 0 ? reference : reference.slice(0, mark);
    this.hash = mark < 0 || mark === reference.length - 1 ? "" : reference.slice(mark);
    this.#path = path === "" && base !== undefined ? withoutFragment(base) : path;
  }

  get href(): string {
    const { hash } = this;
    return `${this.#path}${hash === "" || hash.startsWith("#") ? "" : "#"}${hash}`;
  }
}

function withoutFragment(address: string): string {
  const mark = address.indexOf("#");
  return mark < 0 ? address : address.slice(0, mark);
}
