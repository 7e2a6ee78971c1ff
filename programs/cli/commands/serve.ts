/** `ledge serve`: the server itself, whose options are its own (programs/start/options.ts). */
import type { Command } from "commander";
import { commandName } from "../called.ts";

const SERVE = "serve";

/** Lists the command. What is not an option of this program is the server's, `--help` too. */
export function addServe(program: Command): void {
  program
    .command(SERVE)
    .description("run a server: the store, its HTTP interface and its backups (see `ledge serve --help`)")
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: object, { args }: Command) => {
      const { data } = program.opts<{ data?: string }>();
      process.exitCode = await serveHere([...(data === undefined ? [] : ["--data", data]), ...args]);
    });
}

/** What the server is to do where this call is about it from its first word on; undefined where it is not. */
export function serverArguments([verb, ...args]: readonly string[]): readonly string[] | undefined {
  if (verb === SERVE) return args;
  return verb === "help" && args[0] === SERVE ? ["--help"] : undefined;
}

/** Runs it until it is told to end. Returns the exit status. */
export async function serveHere(args: readonly string[]): Promise<number> {
  const { start } = await import("../../start/start.ts");
  return start(args, { name: `${commandName()} serve`, engine: "native" });
}
