/** `ledge purge`: a value that should never have been written goes, from the store and from the bucket. */
import type { Command } from "commander";
import { PurgeAnswer } from "../../../lib/api/admin-answers.ts";
import { requireYes } from "../ask.ts";
import { shellWord } from "../called.ts";
import type { Client } from "../client.ts";
import { findDocument } from "../documents/condition.ts";
import { printJson, say, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { type DocumentName, formatTarget, parseTarget } from "../target.ts";

interface PurgeOptions {
  readonly message: string;
  readonly keepCurrent?: boolean;
  readonly yes?: true;
  readonly output: string;
}

export function addPurge(program: Command, client: () => Client): void {
  program
    .command("purge")
    .description("erase every value that a key ever had, for a secret that was pasted by mistake")
    .argument("<document>", "NAMESPACE/KEY")
    .requiredOption("-m, --message <why>", "why; it stands in the history and in the bucket")
    .option("--keep-current", "the present value is clean: write it again")
    .option("-y, --yes", "erase without asking")
    .addOption(outputOption(["text", "json"]))
    .action(async (document: string, options: PurgeOptions) => {
      const { namespace, key } = parseTarget(document);
      const { message: why, keepCurrent = false, output } = options;
      if (options.yes !== true) await askFirst(client(), { namespace, key }, keepCurrent);
      const body = JSON.stringify({ namespace, key, why, keepCurrent });
      const purged = await client().json(PurgeAnswer, "POST", "/v1/admin/purge", { body, what: document });
      if (output === "json") return printJson(purged);
      sayDone(erasedLine(document, purged));
      if (purged.bucket === "pending")
        say("  the bucket follows with the next backups: `ledge backup status` says when none is open");
      if (!purged.vacuumed)
        say("  the file may hold it in freed pages: stop the server and `sqlite3 FILE vacuum`");
      for (const lineage of purged.ancestors)
        say(`  lineage ${lineage} held it too; delete its folder in the bucket when you need it no more`);
    });
}

function erasedLine(document: string, { firstRevision, currentRevision }: PurgeAnswer): string {
  const [what, kept] =
    currentRevision === null
      ? ["every value", ""]
      : ["every earlier value", `; the present one is kept, as revision ${currentRevision}`];
  return `${what} of ${document} since revision ${firstRevision} is erased from the store${kept}`;
}

/** Nothing brings a purged value back, not even a restore: whoever asks for it sees first what will be gone. */
async function askFirst(client: Client, document: DocumentName, keepCurrent: boolean): Promise<void> {
  const name = formatTarget(document);
  await requireYes(
    `Erase every value that ${name} ever had${keepCurrent ? ", and write the present one again" : ""}?`,
    {
      flag: "--yes",
      look: `\`ledge get ${shellWord(name)}\``,
      show: await describe(client, document, keepCurrent),
    },
  );
}

async function describe(client: Client, document: DocumentName, keepCurrent: boolean): Promise<() => void> {
  const there = await findDocument(client, document);
  const present =
    there === "unknown"
      ? "this token may not see what is there now"
      : there === "absent"
        ? "nothing is there now; what was there before goes"
        : `${keepCurrent ? "kept" : "gone"}: the present value (${there.facts})`;
  return () => {
    say(`  ${present}`);
    say("  gone: every earlier value, from the history, the feed and each restore point of the bucket");
    say("  nothing brings them back, no restore either");
  };
}
