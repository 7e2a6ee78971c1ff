/**
 * Paths of the interface. Promise: whatever a name holds stays one part of the path, so that a wrong name is refused
 * by the server's own words, and never asks for something else.
 */

/** A path with names in it: pathTo`/v1/read/${namespace}`. Each name is percent-encoded. */
export function pathTo(texts: readonly string[], ...names: readonly (string | number)[]): string {
  return texts
    .map((text, index) => (index === 0 ? text : encodedPart(String(names[index - 1])) + text))
    .join("");
}

/** A name of dots alone would be taken for a folder and go, encoded once or not: the URL standard reads both so. */
function encodedPart(name: string): string {
  return /^\.{1,2}$/.test(name) ? name.replaceAll(".", "%252E") : encodeURIComponent(name);
}
