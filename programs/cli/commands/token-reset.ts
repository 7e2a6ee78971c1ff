/** `ledge token reset`: a root token for a stopped store, for whoever can write its file. */
import type { Command } from "commander";
import { say, sayDone } from "../output.ts";

const HELP = `
For a store in which no root token works any more. Stop the server first; --data names its data folder. The token is
written to admin-token there, a former one is kept beside it, and the store's log says who did it and when. Tokens that
exist go on: revoke what should not.
`;

export function addTokenReset(token: Command, dataDir: () => string): void {
  token
    .command("reset")
    .description("make a root token in a stopped store, with no server and no other token")
    .option("--name <name>", "what the token is called", "root")
    .addHelpText("after", HELP)
    .action(async ({ name }: { name: string }) => {
      // SQLite is loaded only where a store is opened.
      const { resetToken } = await import("../tokens/reset.ts");
      const { accessor, revision, file, aside } = resetToken(dataDir(), name);
      sayDone(`root token ${accessor} is in ${file}, made at revision ${revision}`);
      if (aside !== undefined) say(`  the former one is kept in ${aside}`);
      say("  start the server, and commands on this folder use it");
    });
}
