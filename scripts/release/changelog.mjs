/** The changelog at a release: what was unreleased gets the version and the day, and an empty part comes above it. */

const UNRELEASED = "## [Unreleased]";
/** True until the first release. */
const NONE_YET = /^Nothing has been released yet:[\s\S]*?\n\n/m;

/** Throws where nothing is unreleased, and where the version has its part already. */
export function turnChangelog(text, { version, date }) {
  if (text.includes(`\n## [${version}]`)) throw new Error(`CHANGELOG.md has a part for ${version} already`);
  if (partOf(text, UNRELEASED).trim() === "") throw new Error("CHANGELOG.md has nothing under Unreleased");
  return text.replace(NONE_YET, "").replace(UNRELEASED, () => `${UNRELEASED}\n\n## [${version}] - ${date}`);
}

/** What the changelog says of a version: the note of its release. */
export function notesOf(text, version) {
  return `${partOf(text, `## [${version}]`).trim()}\n`;
}

/** From behind the line of a heading to the next heading of that rank. */
function partOf(text, heading) {
  const at = text.indexOf(`\n${heading}`);
  if (at < 0) throw new Error(`CHANGELOG.md has no heading ${heading}`);
  const from = text.indexOf("\n", at + 1);
  const to = text.indexOf("\n## ", from);
  return text.slice(from, to < 0 ? undefined : to);
}
