/** `ledge template`: what it takes; ../templates/run.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Connection } from "../context.ts";

interface Options {
  readonly namespace: string;
  readonly exec?: string;
  readonly once?: true;
}

const EXAMPLES = `
A template is Liquid: {{ ... }} prints, {% ... %} decides and repeats. It has three filters of its own:
  "limits/api" | key       the value of a document, parsed where it is JSON; with ": other" what stands in where there is none
  "banner" | text          its text, exactly as it is stored
  "upstreams/" | keys      the keys that begin so, in order

Example:
  ${commandName()} template nginx.conf.tmpl:/etc/nginx/nginx.conf -n shop-prod --exec 'systemctl reload nginx'
`;

export function addTemplate(program: Command, server: () => Connection): void {
  program
    .command("template")
    .description("make files of the documents of a namespace, and make them again when those change")
    .argument("<template:file...>", "a template, and the file that is made of it")
    .requiredOption("-n, --namespace <namespace>", "whose documents the templates read")
    .option("--exec <command>", "run it in a shell when a file has changed; LEDGE_FILE says which")
    .option("--once", "make the files and end")
    .addHelpText("after", EXAMPLES)
    .action(async (texts: readonly string[], { namespace, exec, once }: Options) => {
      const { runTemplates, demandedOf } = await import("../templates/run.ts");
      await runTemplates(server(), demandedOf(texts, exec), { namespace, once: once === true });
    });
}
