/**
 * The `ledge` command: one file a command, a context found by itself, exit codes in failure.ts.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { VERSION } from "../../lib/core/version.ts";
import { asNamed, commandName, rememberCall } from "./called.ts";
import { type Client, openClient } from "./client.ts";
import { addBackup } from "./commands/backup.ts";
import { addBackupObjects } from "./commands/backup-objects.ts";
import { addBootstrap } from "./commands/bootstrap.ts";
import { addContext } from "./commands/context.ts";
import { addDiff } from "./commands/diff.ts";
import { addExport } from "./commands/export.ts";
import { addGet } from "./commands/get.ts";
import { addHistory } from "./commands/history.ts";
import { addImport } from "./commands/import.ts";
import { addKey } from "./commands/key.ts";
import { addLog } from "./commands/log.ts";
import { addLogin, type ContextPlaces } from "./commands/login.ts";
import { addLs } from "./commands/ls.ts";
import { addMode } from "./commands/mode.ts";
import { addNs } from "./commands/ns.ts";
import { addPromote } from "./commands/promote.ts";
import { addPurge } from "./commands/purge.ts";
import { addPut } from "./commands/put.ts";
import { addRestore } from "./commands/restore.ts";
import { addRm } from "./commands/rm.ts";
import { addServe, serveHere, serverArguments } from "./commands/serve.ts";
import { addShow } from "./commands/show.ts";
import { addStatus } from "./commands/status.ts";
import { addToken } from "./commands/token.ts";
import { addTokenReset } from "./commands/token-reset.ts";
import { addWhoami } from "./commands/whoami.ts";
import { type ConnectionOptions, findConnection, findDataDir, listContexts, toldByFlags } from "./context.ts";
import { sayFailure } from "./output.ts";
import { runToExit } from "./terminal.ts";
import { refuseUnknownHelp } from "./unknown-help.ts";

// The bundle lies in dist/programs; what `npm start` keeps lies beside the launcher.
const home = process.env.LEDGE_HOME ?? resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

// The SDK's advice about Node versions is for us, who pin it, and not for who runs a command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const program = new Command(commandName())
  .description("configuration in one SQLite file, backed by any object store")
  .version(VERSION, "--version", "print the version")
  .option("--url <url>", "the server (or LEDGE_URL; default: the current context)")
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
    outputError: (text) => sayFailure(text.replace(/^error: /, "").trimEnd(), undefined),
  })
  .exitOverride();

refuseUnknownHelp(program);

const connectionOptions = () => program.opts<ConnectionOptions>();
const dataDir = () => findDataDir(connectionOptions(), home);
rememberCall(() => ({ flags: connectionOptions(), dataDir: dataDir() }));
const server = () => findConnection(connectionOptions(), home);
let opened: Client | undefined;
const client = (): Client => {
  opened ??= openClient(server());
  return opened;
};
const contexts: ContextPlaces = {
  list: () => listContexts(connectionOptions(), home),
  name: () => connectionOptions().context,
  told: () => toldByFlags(connectionOptions()),
};

addGet(program, client);
addLs(program, client);
addPut(program, client);
addRm(program, client);
addLog(program, client);
addShow(program, client);
addHistory(program, client);
addDiff(program, client);
addPromote(program, client);
addImport(program, client);
addExport(program, client);
addNs(program, client);
addTokenReset(addToken(program, client, { server, list: contexts.list, dataDir }), dataDir);
addMode(program, client);
addPurge(program, client);
addBackupObjects(addBackup(program, client), dataDir);
addRestore(program, {
  get dataDir() {
    return dataDir();
  },
  server,
});
addKey(program);
addStatus(program, client);
addContext(program, contexts);
addLogin(program, contexts);
addBootstrap(program, contexts);
addWhoami(program, server);
addServe(program);

const served = serverArguments(process.argv.slice(2));
if (served !== undefined) process.exitCode = await serveHere(served);
else await runToExit(() => program.parseAsync());
