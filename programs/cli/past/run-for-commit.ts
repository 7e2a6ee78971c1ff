/** `ledge watch --exec`: a command of the user for each commit, one after the other. */
import { spawn } from "node:child_process";
import type { FeedPage } from "../../../lib/api/document-answers.ts";
import { sayWarning } from "../output.ts";

/** `namespaces` are those that are watched, with commas. Resolves when the command has ended. How it ended stops nothing: the next commit may be the cure. */
export async function runForCommit(
  command: string,
  namespaces: string,
  commit: FeedPage["commits"][number],
): Promise<void> {
  const env = {
    ...process.env,
    LEDGE_REVISION: String(commit.revision),
    LEDGE_NAMESPACE: namespaces,
  };
  const child = spawn(command, { shell: true, stdio: ["pipe", "inherit", "inherit"], env });
  // A command that does not read its input may end before all of it is written.
  child.stdin.on("error", () => {});
  child.stdin.end(`${JSON.stringify(commit)}\n`);
  const ended = await new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("close", (code, signal) => resolve(signal ?? String(code)));
  });
  if (ended !== "0") sayWarning(`the command for revision ${commit.revision} ended with ${ended}`);
}
