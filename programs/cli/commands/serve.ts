/** `ledge serve`: the server itself, whose options are its own (programs/start/options.ts). */
import { type Command, CommanderError } from "commander";

export const SERVE = "serve";

/** Lists the command; what follows its name is not for this program's options. */
export function addServe(program: Command): void {
  program
    .command(SERVE)
    .description("run a server: the store, its HTTP interface and its backups (see `ledge serve --help`)")
    .allowUnknownOption()
    .action(() => {
      throw new CommanderError(2, "ledge.serve", "write `ledge serve` first, then its options");
    });
}

/** Runs it until it is told to end. Returns the exit status. */
export async function serveHere(args: readonly string[]): Promise<number> {
  const { start } = await import("../../start/start.ts");
  return start(args, { name: "ledge serve", engine: "native" });
}
