/**
 * An empty store beside a bucket that holds backups means that somebody lost the database, or is about to begin
 * a second history by accident. Nothing starts before a person has said which.
 */
import { existsSync } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";

/** Moves the bundled bucket's folder aside, so that a new history begins in an empty one. Nothing is deleted. */
export async function setBucketAside(dataDir: string): Promise<string | undefined> {
  const folder = join(dataDir, "bucket");
  if (!existsSync(folder) || (await readdir(folder)).length === 0) return undefined;
  const aside = `${folder}-until-${new Date().toISOString().replaceAll(":", "-")}`;
  await rename(folder, aside);
  return aside;
}
