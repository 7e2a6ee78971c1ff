/**
 * Runs a command and ends the process with its exit code. What is not a Failure is a bug of ours, and says so.
 */
import { CommanderError } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { sayFailure } from "./output.ts";

export async function runToExit(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    sayFailure(error.message, error.hint);
    return error.exit;
  }
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("E")
  ) {
    sayFailure(error.message, undefined);
    return EXIT.fault;
  }
  sayFailure(
    `this is a bug in ledge: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    undefined,
  );
  return EXIT.fault;
}
