/** `-o`: how a command prints. The first choice is the default; another word is refused by name. */
import { Option } from "commander";

export function outputOption(choices: readonly [string, ...string[]], description = "how to print"): Option {
  return new Option(`-o, --output <${choices.join("|")}>`, description).choices(choices).default(choices[0]);
}
