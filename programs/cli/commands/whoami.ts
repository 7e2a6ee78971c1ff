/** `ledge whoami`: which server a command speaks to, as whom, and what that token may do. */
import type { Command } from "commander";
import { Whoami } from "../../../lib/api/document-answers.ts";
import { openClient } from "../client.ts";
import type { Connection } from "../context.ts";
import { printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { printTable } from "../table.ts";
import { formatGrant } from "../tokens/grants.ts";

export function addWhoami(program: Command, connection: () => Connection): void {
  program
    .command("whoami")
    .description("which server commands speak to, as whom, and what that token may do")
    .addOption(outputOption(["table", "json"]))
    .action(async ({ output }: { output: string }) => {
      const { url, tokenFrom = "" } = connection();
      const me = await openClient(connection()).json(Whoami, "GET", "/v1/whoami");
      if (output === "json") return printJson({ server: url, ...me });
      printTable(
        ["", ""],
        [
          ["server", url],
          ["token", `${me.accessor}, ${me.name}`],
          ["from", tokenFrom],
          ["expires", me.expires ?? "never"],
          ...me.grants.map((grant, index) => [index === 0 ? "grants" : "", formatGrant(grant)]),
        ],
      );
    });
}
