/** `ledge recover`: a root token for an hour, of a server whose root tokens are lost, stored as a context of its own. */
import type { Command } from "commander";
import { VERBS } from "../../../lib/core/grant.ts";
import { say, sayDone } from "../output.ts";
import { parseServerAddress } from "../server/address.ts";
import { contextsFile, judgeContextName } from "../stored-contexts.ts";
import { askRootToken } from "../tokens/ask-root-token.ts";
import { readStandingSecret } from "../tokens/standing-secret.ts";
import { type ContextPlaces, contextName, tellUse } from "./login.ts";

interface Options {
  readonly secretFile?: string;
  readonly name: string;
}

const HELP = `
The server's variable recovery_secret has to be set, with at least 32 characters (docs/settings.md). One recovery token
lives at a time. Make a root token that lasts with it, and end the one that was lost. The log names the actor _recovery.
The token is kept under the server's name with -recovery behind it, so that no stored token is lost; or --context NAME.
`;

export function addRecover(program: Command, places: ContextPlaces): void {
  program
    .command("recover")
    .description("make a root token for an hour where no root token works any more, and store it")
    .argument("<url>", "the server", parseServerAddress)
    .option("--secret-file <file>", "its recovery secret (or LEDGE_RECOVERY_SECRET)")
    .option("--name <name>", "what the token is called", "recovery")
    .addHelpText("after", HELP)
    .action(async (url: string, options: Options) => recover(url, options, places));
}

async function recover(url: string, options: Options, places: ContextPlaces): Promise<void> {
  const context =
    places.name() === undefined
      ? judgeContextName(`${contextName(url, places)}-recovery`)
      : contextName(url, places);
  const { accessor, expires } = await askRootToken({
    url,
    context,
    ca: places.told().ca,
    secret: readStandingSecret("recovery", options),
    secretIs: "the recovery secret",
    path: "/v1/admin/recover",
    name: options.name,
    // What is stored is of an earlier recovery, or of before.
    anewAt: "exists",
  });
  sayDone(
    `${url} has a root token until ${expires}, ${options.name} (${accessor}); it is kept in ${contextsFile()}`,
  );
  tellUse(context, places);
  say(`  \`ledge token create NAME -g ${VERBS.join(",")}:*\` makes one that lasts`);
  say("  `ledge token ls` shows the lost ones, `ledge token revoke ACCESSOR` ends them");
}
