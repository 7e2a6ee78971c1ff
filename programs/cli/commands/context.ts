/** `ledge context`: the servers that are known here, and which one commands speak to. */
import type { Command } from "commander";
import { parseToken } from "../../../lib/core/token.ts";
import { type NamedContext, noSuchContext } from "../context.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { parseServerAddress } from "../server/address.ts";
import { forgetContext, judgeContextName, LOCAL, storeContext, useContext } from "../stored-contexts.ts";
import { printTable } from "../table.ts";
import { type ContextPlaces, tellUse } from "./login.ts";

const HELP = `
\`${LOCAL}\` is the server that runs on the data folder; it is there by itself while that runs. A token goes only to the address
that it was stored for.
`;

export function addContext(program: Command, places: ContextPlaces): void {
  const context = program
    .command("context")
    .description("servers and their tokens: list them, choose one, add and remove them")
    .addHelpText("after", HELP);
  context
    .command("ls")
    .description("list the servers that are known here; * marks the one that commands speak to")
    .addOption(outputOption(["table", "json"]))
    .action(({ output }: { output: string }) => list(places, output));
  context
    .command("use")
    .description("speak to this server from now on")
    .argument("<name>", "a name that `ledge context ls` shows")
    .action((name: string) => use(name, places));
  context
    .command("add")
    .description("store a server, with the token of --token-file where one is given")
    .argument("<name>", "what to call it", judgeContextName)
    .argument("<url>", "its address", parseServerAddress)
    .action((name: string, url: string) => {
      storeContext(name, { url, ...places.told() }, { use: false });
      sayDone(`context ${name} is ${url}`);
    });
  context
    .command("rm")
    .description("forget a server and its token; the token itself goes on until it is revoked")
    .argument("<name>")
    .action((name: string) => {
      requireKnown(name, places);
      judgeContextName(name);
      forgetContext(name);
      sayDone(`context ${name} is gone`);
    });
}

function list(places: ContextPlaces, output: string): void {
  const { current, contexts } = places.list();
  if (output === "json") {
    const shown = contexts.map((one) => ({
      name: one.name,
      url: one.url,
      accessor: accessorOf(one),
      current: one.name === current,
    }));
    printJson(shown);
    return;
  }
  printTable(
    ["", "NAME", "SERVER", "TOKEN"],
    contexts.map((one) => [
      one.name === current ? "*" : "",
      one.name,
      one.url,
      accessorOf(one) ?? (one.token === undefined ? "none" : "malformed"),
    ]),
  );
}

function accessorOf({ token }: NamedContext): string | null {
  return (token === undefined ? undefined : parseToken(token)?.accessor) ?? null;
}

function use(name: string, places: ContextPlaces): void {
  requireKnown(name, places);
  useContext(name);
  tellUse(name, places);
}

function requireKnown(name: string, places: ContextPlaces): void {
  const { contexts } = places.list();
  if (!contexts.some((one) => one.name === name)) throw noSuchContext(name, contexts);
}
