/** A snippet in parts: what matches, and what stands around it. Places would need a unit that all languages count in. */

interface SnippetPart {
  readonly text: string;
  readonly match?: true;
}

/** The case of ASCII letters does not matter, as in the statement that found the text. */
export function partsOf(around: string, text: string): SnippetPart[] {
  const parts: SnippetPart[] = [];
  const [within, wanted] = [lower(around), lower(text)];
  let at = 0;
  for (let found = within.indexOf(wanted); found >= 0; found = within.indexOf(wanted, at)) {
    if (found > at) parts.push({ text: around.slice(at, found) });
    at = found + wanted.length;
    parts.push({ text: around.slice(found, at), match: true });
  }
  if (at < around.length) parts.push({ text: around.slice(at) });
  return parts;
}

function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
