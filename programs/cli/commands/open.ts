/** `ledge open`: the console in a browser, signed in. */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import * as z from "zod/mini";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { say } from "../output.ts";
import { printLine } from "../patch.ts";
import { type DocumentName, parsePlace } from "../target.ts";

const Given = z.object({ code: z.string(), seconds: z.int() });

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

export function addOpen(program: Command, client: () => Client): void {
  program
    .command("open")
    .description("open the console in a browser, signed in with the token of this command")
    .argument("[namespace/key]", "the document or the namespace to look at", parsePlace)
    .option("--print", "only print the link; it signs in once, for ten minutes")
    .action(async (place: DocumentName | undefined, options: { print?: boolean }) => {
      const server = client();
      if (!/^https?:/.test(server.url))
        throw new Failure(EXIT.usage, `a browser cannot reach ${server.url}`, {
          hint: "name the server by its http address: --server http://127.0.0.1:3000",
        });
      const link = `${server.url.replace(/\/+$/, "")}/#${await codeOf(server)}${pathOf(place)}`;
      printLine(link);
      if (options.print || process.stdout.isTTY !== true) return;
      const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
      const opener = spawn(program, [...args, link], { stdio: "ignore", detached: true });
      opener.on("error", () => say(`no browser was found (${program}): open the link yourself`));
      opener.unref();
    });
}

/** A server that gives no codes, as on Spin, asks for the token in the page. */
async function codeOf(server: Client): Promise<string> {
  try {
    return `code=${(await server.json(Given, "POST", "/console/code")).code}`;
  } catch (error) {
    if (!(error instanceof Failure) || error.exit !== EXIT.absent) throw error;
    say("this server gives no codes: paste a token in the page that opens");
    return "";
  }
}

function pathOf(place: DocumentName | undefined): string {
  if (place === undefined) return "";
  const parts = [
    place.key === "" ? "ns" : "doc",
    place.namespace,
    ...(place.key === "" ? [] : place.key.split("/")),
  ];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}
