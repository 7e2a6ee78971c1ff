/**
 * `ledge completion SHELL`: what a shell needs to complete commands and flags. The script asks `ledge complete -- WORDS` at
 * each press of the key, which is hidden from help. It knows the commands that were added before it.
 */
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";

const HELP = `
Examples:
  ledge completion bash > /etc/bash_completion.d/ledge
  ledge completion zsh > ~/.zfunc/_ledge                  # with fpath+=~/.zfunc before compinit
  ledge completion fish > ~/.config/fish/completions/ledge.fish
`;

export function addCompletion(program: Command): void {
  // The shell completes what it finds under this name, whatever path this call was made by.
  const called = program.name();
  program.name("ledge");
  tab(program, { completionCommandName: "completion" });
  program.name(called);
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("print what bash, zsh, fish or PowerShell needs to complete commands")
    .addHelpText("after", HELP);
}
