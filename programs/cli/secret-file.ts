/** A file with a secret. Promise: only its owner can read it, and whoever reads at the same time has all of one version. */
import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes under a new name first. Throws what the file system says; the former file is then as it was. */
export function writeSecretFile(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
