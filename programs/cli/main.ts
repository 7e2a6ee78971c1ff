/**
 * The `ledge` command: one file a command, a context found by itself, exit codes in failure.ts.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { VERSION } from "../../lib/core/version.ts";
import { asNamed, commandName, rememberCall } from "./called.ts";
import { addCommands, type CommandParts } from "./command-table.ts";
import { agentArguments, agentHere } from "./commands/agent.ts";
import { serveHere, serverArguments } from "./commands/serve.ts";
import { type ConnectionOptions, findConnection, findDataDir, listContexts, toldByFlags } from "./context.ts";
import { runToExit } from "./terminal.ts";
import { refuseUnknownHelp } from "./unknown-help.ts";
import { sayWrongUse } from "./wrong-use.ts";

// The bundle lies in dist/programs; what `npm start` keeps lies beside the launcher.
const home = process.env.LEDGE_HOME ?? resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

// The SDK's advice about Node versions is for us, who pin it, and not for who runs a command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const program = new Command(commandName())
  .description("configuration in one SQLite file, backed by any object store")
  .version(VERSION, "--version", "print the version")
  .option("--url <url>", "the server, or unix: and its socket (or LEDGE_URL; default: the current context)")
  .option("--context <name>", "the server of this name (or LEDGE_CONTEXT; see `ledge context ls`)")
  .option(
    "--token-file <path>",
    "a file with the token (or LEDGE_TOKEN, for a server that is named; default: what is stored for the server)",
  )
  .option("--ca <file>", "a PEM file of the authority that signed the server's certificate (or LEDGE_CA)")
  .option("--data <dir>", "the data folder (default: .ledge, or LEDGE_DATA)")
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 fault, 2 wrong use, 3 absent, 4 not allowed, 5 stale, 6 refused, 7 no answer, 8 plan.\n",
  )
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    writeOut: (text) => process.stdout.write(asNamed(text)),
    writeErr: (text) => process.stderr.write(asNamed(text)),
    outputError: (text) => sayWrongUse(program, text, process.argv.slice(2)),
  })
  .exitOverride();

refuseUnknownHelp(program);

const connectionOptions = () => program.opts<ConnectionOptions>();
const dataDir = () => findDataDir(connectionOptions(), home);
rememberCall(() => ({ flags: connectionOptions(), dataDir: dataDir() }));
const parts: CommandParts = {
  dataDir,
  server: () => findConnection(connectionOptions(), home),
  contexts: {
    list: () => listContexts(connectionOptions(), home),
    name: () => connectionOptions().context,
    told: () => toldByFlags(connectionOptions()),
  },
};

const served = serverArguments(process.argv.slice(2));
const followed = agentArguments(process.argv.slice(2));
if (served !== undefined) process.exitCode = await serveHere(served);
else if (followed !== undefined) process.exitCode = await agentHere(followed);
else
  await runToExit(async () => {
    await addCommands(program, parts, process.argv.slice(2));
    await program.parseAsync();
  });
