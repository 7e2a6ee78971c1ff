/** Help that is asked of a command that there is not is a mistyped command, and no help. */
import type { Command } from "commander";

/** Refuses `ledge gte --help` as it refuses `ledge gte`: with the nearest name. Without this it prints all commands. */
export function refuseUnknownHelp(program: Command): void {
  program.addHelpText("beforeAll", ({ command }) => {
    const [first, second] = command.args;
    const name = first === "help" ? second : first;
    const known = command.commands.flatMap((one) => [one.name(), ...one.aliases()]);
    if (known.length > 0 && name !== undefined && !name.startsWith("-") && !known.includes(name))
      command.parse([name], { from: "user" });
    return "";
  });
}
