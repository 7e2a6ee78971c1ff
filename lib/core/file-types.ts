/**
 * What a file's name says of its bytes. One table for import and export, in the command and in the console, so that a file comes
 * back with the media type that it went in with. Types of text are UTF-8; an import refuses other bytes under such a name.
 */

export interface FileType {
  readonly mediaType: string;
  /** Whether its bytes have to be UTF-8. */
  readonly text: boolean;
}

const text = (mediaType: string): FileType => ({ mediaType, text: true });
const binary = (mediaType: string): FileType => ({ mediaType, text: false });

const PLAIN = [
  "txt conf cfg cnf config ini env properties prop",
  "log list rules hcl tf tfvars sql sh bash ps1 bat",
  "tmpl tpl j2 json5 jsonc jsonnet cue rego lua pem crt pub",
]
  .join(" ")
  .split(" ");

const TYPES = new Map<string, FileType>([
  ...PLAIN.map((extension) => [extension, text("text/plain")] as const),
  ["json", text("application/json")],
  ["geojson", text("application/geo+json")],
  ["jsonld", text("application/ld+json")],
  ["webmanifest", text("application/manifest+json")],
  ["ndjson", text("application/x-ndjson")],
  ["jsonl", text("application/x-ndjson")],
  ["yaml", text("application/yaml")],
  ["yml", text("application/yaml")],
  ["toml", text("application/toml")],
  ["xml", text("application/xml")],
  ["xsd", text("application/xml")],
  ["html", text("text/html")],
  ["htm", text("text/html")],
  ["css", text("text/css")],
  ["js", text("text/javascript")],
  ["mjs", text("text/javascript")],
  ["md", text("text/markdown")],
  ["csv", text("text/csv")],
  ["tsv", text("text/tab-separated-values")],
  ["svg", text("image/svg+xml")],
  ["png", binary("image/png")],
  ["jpg", binary("image/jpeg")],
  ["jpeg", binary("image/jpeg")],
  ["gif", binary("image/gif")],
  ["webp", binary("image/webp")],
  ["ico", binary("image/x-icon")],
  ["pdf", binary("application/pdf")],
  ["wasm", binary("application/wasm")],
  ["gz", binary("application/gzip")],
  ["zip", binary("application/zip")],
  ["tar", binary("application/x-tar")],
  ["bin", binary("application/octet-stream")],
]);

/** What the extension says (in any case; `.env` has one, too); undefined where it says nothing that we know. */
export function typeOfName(path: string): FileType | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? undefined : TYPES.get(name.slice(dot + 1).toLowerCase());
}

const VERSION_CONTROL = [".git", ".hg", ".svn"];

/** Names that no import takes for a document's: version control, and `..data` of a mounted ConfigMap. */
export function isSkippedName(name: string): boolean {
  return VERSION_CONTROL.includes(name) || name.startsWith("..");
}
