/** `ledge agent`: the agent itself, whose options are its own (programs/agent/options.ts). */
import type { Command } from "commander";
import { commandName } from "../called.ts";

const AGENT = "agent";

/** Lists the command. What is not an option of this program is the agent's, `--help` too. */
export function addAgent(program: Command): void {
  program
    .command(AGENT)
    .description("keep namespaces beside the services that read them (see `ledge agent --help`)")
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: object, { args }: Command) => {
      const { data } = program.opts<{ data?: string }>();
      process.exitCode = await agentHere([...(data === undefined ? [] : ["--data", data]), ...args]);
    });
}

/** What the agent is to do where this call is about it from its first word on; undefined where it is not. */
export function agentArguments([verb, ...args]: readonly string[]): readonly string[] | undefined {
  if (verb === AGENT) return args;
  return verb === "help" && args[0] === AGENT ? ["--help"] : undefined;
}

/** Runs it until it is told to end. Returns the exit status. */
export async function agentHere(args: readonly string[]): Promise<number> {
  const { startAgent } = await import("../../agent/start.ts");
  return startAgent(args, `${commandName()} agent`);
}
