/** Text of documents, names and messages as it is shown: what cannot be seen, or would turn the line around, is spelt. */
export const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function shownText(text: string): string {
  return text.replace(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Names, too, of which a new line is no part. */
export function shownName(name: string): string {
  return shownText(name).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
