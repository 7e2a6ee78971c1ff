/** What the parser of the command line says of wrong use, in our form: what is wrong, and where the help is. */
import type { Command } from "commander";
import { sayFailure } from "./output.ts";

/** `text` is the parser's, `args` are the words of this call. */
export function sayWrongUse(program: Command, text: string, args: readonly string[]): void {
  const said = text
    .replace(/^error: /, "")
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\. /s, "$2 $1: ")
    .trimEnd();
  sayFailure(said, `\`ledge ${[...pathOf(program, args), "--help"].join(" ")}\` shows what there is`);
}

/** The names of the innermost command that the words lead to. */
function pathOf(program: Command, args: readonly string[]): string[] {
  const { operands } = program.parseOptions([...args]);
  const path: string[] = [];
  let at = program;
  for (const word of operands) {
    const next = at.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    path.push(word);
    at = next;
  }
  return path;
}
