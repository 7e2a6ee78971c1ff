/** A file with a secret. Promise: only its owner can read it, and whoever reads at the same time has all of one version. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { formatHex } from "../../lib/core/hex.ts";
import { randomBytes } from "./random.ts";

/** Writes under a new name first. Throws what the file system says; the former file is then as it was. */
export function writeSecretFile(file: string, text: string): void {
  const temporary = `${file}.${formatHex(randomBytes(6))}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
