// Writes the tables of docs/http.md from the routes, parameters and codes of the source. Run it after changing
// one of them; a test fails while the two differ.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importTypeScript, root } from "./ensure.mjs";

const { renderHttpDoc } = await importTypeScript("build/http-doc.ts");
const page = join(root, "docs/http.md");
writeFileSync(page, renderHttpDoc(readFileSync(page, "utf8")));
