/** The setting `backup_on_commit`: whether a commit starts an export, and whether its answer waits for it. */

export type OnCommit = "off" | "start" | "wait";

export const ON_COMMIT_VARIABLE = "backup_on_commit";
/** How long an answer waits for its revision to be in the bucket. */
export const BACKUP_WAIT_SECONDS = 10;
/** Of the answer to whoever wrote, and of the exporter's to the component that asked for it. */
export const BACKED_UP_HEADER = "ledge-backed-up";

/** Not set is off. Undefined for anything but the three words. */
export function parseOnCommit(text: string | undefined): OnCommit | undefined {
  const word = (text ?? "").trim();
  if (word === "") return "off";
  return word === "off" || word === "start" || word === "wait" ? word : undefined;
}
