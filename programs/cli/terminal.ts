/**
 * Runs a command and ends the process with its exit code. A reader of our output that has gone (`| head -1`) ends it
 * quietly. What is not a Failure is a bug of ours, and says so.
 */
import { CommanderError } from "commander";
import { NoBinding } from "../../lib/store/sqlite/no-binding.ts";
import { EXIT, Failure } from "./failure.ts";
import { sayFailure } from "./output.ts";

export async function runToExit(work: () => Promise<unknown>): Promise<void> {
  watchOutput();
  try {
    await work();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/**
 * Node tells of a closed pipe by an event, after the write. Who reads our data and leaves has enough of it: there is
 * nothing more to do. Talk that nobody hears is lost, and the work that it tells of goes on.
 */
function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? EXIT.ok);
    process.exit(report(new Failure(EXIT.fault, `standard output cannot be written: ${error.message}`)));
  });
  process.stderr.on("error", () => {});
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    sayFailure(error.message, error.hint, error.code);
    return error.exit;
  }
  if (error instanceof NoBinding) {
    sayFailure(error.message, undefined);
    return EXIT.fault;
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
