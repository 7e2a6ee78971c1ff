/** `ledge login`: a token is tried, and then kept for its server. */
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { Whoami } from "../../../lib/api/document-answers.ts";
import { parseToken } from "../../../lib/core/token.ts";
import { askSecret, isAtTerminal } from "../ask.ts";
import { openClient } from "../client.ts";
import type { listContexts } from "../context.ts";
import { EXIT, Failure } from "../failure.ts";
import { say, sayDone } from "../output.ts";
import { parseServerAddress, serverPlaceOf } from "../server/address.ts";
import { contextsFile, judgeContextName, LOCAL, storeContext } from "../stored-contexts.ts";

/** What the commands about contexts know of the command line. */
export interface ContextPlaces {
  list(): ReturnType<typeof listContexts>;
  /** --context. */
  name(): string | undefined;
  /** What --token-file and --ca told. */
  told(): { readonly token?: string; readonly ca?: string };
}

const HELP = `
The token is asked for and not shown; where nobody can be asked it is read from standard input, or from --token-file.
It is kept in ~/.config/ledge/contexts.json (or below XDG_CONFIG_HOME), which only you can read. --context NAME names the
server; without it the name is the host, or that of the socket.
`;

export function addLogin(program: Command, places: ContextPlaces): void {
  program
    .command("login")
    .description("store a token for a server, and speak to that server from now on")
    .argument("<url>", "the server", parseServerAddress)
    .addHelpText("after", HELP)
    .action(async (url: string) => {
      const name = contextName(url, places);
      const { token: told, ca } = places.told();
      const token = told ?? (await readToken(url));
      if (parseToken(token) === undefined)
        throw new Failure(
          EXIT.auth,
          "that is not a token of Ledge: it begins with ldg_ and has 66 characters",
        );
      const client = openClient({ url, token, tokenFrom: "what you gave", ca });
      const me = await client.json(Whoami, "GET", "/v1/whoami");
      storeContext(name, { url, token, ...(ca === undefined ? {} : { ca }) }, { use: true });
      sayDone(`${url} knows you as ${me.name} (${me.accessor}); the token is kept in ${contextsFile()}`);
      tellUse(name, places);
    });
}

/** The name under which a server is stored: as told, else its host, or the name of its socket. */
export function contextName(url: string, places: Pick<ContextPlaces, "name">): string {
  const { host, socketPath } = serverPlaceOf(url);
  return judgeContextName(
    places.name() ?? (socketPath === undefined ? host.replace(/[[\]]/g, "") : basename(socketPath)),
  );
}

/** Says where commands go from now on, and what still goes before that. */
export function tellUse(name: string, places: Pick<ContextPlaces, "list">): void {
  sayDone(`commands speak to ${name} from now on`);
  if (name !== LOCAL && places.list().contexts.some((one) => one.name === LOCAL))
    say(`  \`ledge context use ${LOCAL}\` goes back to the server of the data folder`);
  for (const variable of ["LEDGE_URL", "LEDGE_CONTEXT", "LEDGE_DATA"]) {
    if ((process.env[variable] ?? "") !== "") say(`  ${variable} is set, and goes before that`);
  }
}

async function readToken(url: string): Promise<string> {
  if (isAtTerminal()) return askSecret(`The token for ${url}`);
  if (process.stdin.isTTY === true)
    throw new Failure(EXIT.usage, "there is no token", {
      hint: "give it on standard input, or with --token-file",
    });
  return (await text(process.stdin)).trim();
}
