/** Which files say Ledge's version, and where in them. A test holds that all of them say the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../ensure.mjs";

/** What stands before the version in each file; every place of it is one. */
const PLACES = {
  "package.json": [/^ {2}"version": "/m],
  "package-lock.json": [/^ {2}"version": "/m, /^ {4}"": \{\n {6}"name": "ledge",\n {6}"version": "/m],
  "lib/core/version.ts": [/VERSION = "/],
  "spin.toml": [/^version = "/m],
  "deploy/kubernetes/base/kustomization.yaml": [/newTag: /],
  "deploy/kubernetes/agents/kustomization.yaml": [/newTag: /],
  "deploy/kubernetes/sidecar/kustomization.yaml": [/newTag: /],
  "deploy/spin/cron.yaml": [/\/ledge:/],
  "deploy/spin/spinapp.yaml": [/\/ledge-spin:/],
  "deploy/spin/spinapp-libsql.yaml": [/\/ledge-spin:/],
  "docs/deploying.md": [/: ledge-(?=\d)/, /\.\/ledge-(?=\d)/, /\$PWD\/ledge-(?=\d)/, /\/ledge-spin:/],
};

export function versionedFiles() {
  return Object.keys(PLACES);
}

export function currentVersion() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
}

/** Throws, naming the file, where a place does not have the version that it should have. */
export function withVersion(text, { from, to, file }) {
  let changed = text;
  for (const place of PLACES[file]) {
    const found = place.exec(changed);
    const at = found === null ? -1 : found.index + found[0].length;
    if (at < 0 || !changed.startsWith(from, at))
      throw new Error(`${file} does not say ${from} behind ${place.source}`);
    changed = changed.slice(0, at) + to + changed.slice(at + from.length);
  }
  return changed;
}
