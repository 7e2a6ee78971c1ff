/**
 * Every command by its name, in the order of the help. A call loads the command that it names and no other: most work for
 * less time than loading all of them takes.
 */
import type { Command } from "commander";
import { type Client, openClient } from "./client.ts";
import type { ContextPlaces } from "./commands/login.ts";
import type { Connection } from "./context.ts";

/** What the commands are given of the call; found where a command asks for it. */
export interface CommandParts {
  dataDir(): string;
  server(): Connection;
  readonly contexts: ContextPlaces;
}

interface Given extends CommandParts {
  client(): Client;
}

type Add = (program: Command, given: Given) => Promise<unknown>;

const COMMANDS: Readonly<Record<string, Add>> = {
  get: async (program, { client }) => (await import("./commands/get.ts")).addGet(program, client),
  ls: async (program, { client }) => (await import("./commands/ls.ts")).addLs(program, client),
  search: async (program, { client }) => (await import("./commands/search.ts")).addSearch(program, client),
  put: async (program, { client }) => (await import("./commands/put.ts")).addPut(program, client),
  rm: async (program, { client }) => (await import("./commands/rm.ts")).addRm(program, client),
  log: async (program, { client }) => (await import("./commands/log.ts")).addLog(program, client),
  show: async (program, { client }) => (await import("./commands/show.ts")).addShow(program, client),
  history: async (program, { client }) => (await import("./commands/history.ts")).addHistory(program, client),
  blame: async (program, { client }) => (await import("./commands/blame.ts")).addBlame(program, client),
  watch: async (program, { client }) => (await import("./commands/watch.ts")).addWatch(program, client),
  diff: async (program, { client }) => (await import("./commands/diff.ts")).addDiff(program, client),
  plan: async (program, { client }) => (await import("./commands/plan.ts")).addPlan(program, client),
  apply: async (program, { client }) => (await import("./commands/apply.ts")).addApply(program, client),
  propose: async (program, { client }) => (await import("./commands/propose.ts")).addPropose(program, client),
  proposals: async (program, { client }) =>
    (await import("./commands/proposals.ts")).addProposals(program, client),
  approve: async (program, { client }) =>
    (await import("./commands/proposals.ts")).addApprove(program, client),
  reject: async (program, { client }) => (await import("./commands/proposals.ts")).addReject(program, client),
  withdraw: async (program, { client }) =>
    (await import("./commands/proposals.ts")).addWithdraw(program, client),
  revert: async (program, { client }) => (await import("./commands/revert.ts")).addRevert(program, client),
  promote: async (program, { client }) => (await import("./commands/promote.ts")).addPromote(program, client),
  import: async (program, { client }) => (await import("./commands/import.ts")).addImport(program, client),
  export: async (program, { client }) => (await import("./commands/export.ts")).addExport(program, client),
  ns: async (program, { client }) => (await import("./commands/ns.ts")).addNs(program, client),
  policy: async (program, { client }) => (await import("./commands/policy.ts")).addPolicy(program, client),
  schema: async (program, { client }) => (await import("./commands/schema.ts")).addSchema(program, client),
  types: async (program, { client }) => (await import("./commands/types.ts")).addTypes(program, client),
  template: async (program, { server }) =>
    (await import("./commands/template.ts")).addTemplate(program, server),
  channel: async (program, { client }) => (await import("./commands/channel.ts")).addChannel(program, client),
  rollout: async (program, { client }) => (await import("./commands/rollout.ts")).addRollout(program, client),
  edge: async (program, { client }) => (await import("./commands/edge.ts")).addEdge(program, client),
  fleet: async (program, { client }) => (await import("./commands/fleet.ts")).addFleet(program, client),
  wait: async (program, { client }) => (await import("./commands/wait.ts")).addWait(program, client),
  async token(program, { client, server, contexts, dataDir }) {
    const { addToken } = await import("./commands/token.ts");
    const { addTokenLocal } = await import("./commands/token-local.ts");
    const { addTokenReset } = await import("./commands/token-reset.ts");
    const token = addToken(program, client, { server, list: contexts.list, dataDir });
    addTokenLocal(token);
    addTokenReset(token, dataDir);
  },
  mode: async (program, { client }) => (await import("./commands/mode.ts")).addMode(program, client),
  purge: async (program, { client }) => (await import("./commands/purge.ts")).addPurge(program, client),
  async backup(program, { client, dataDir }) {
    const { addBackup } = await import("./commands/backup.ts");
    const { addBackupObjects } = await import("./commands/backup-objects.ts");
    addBackupObjects(addBackup(program, client), dataDir);
  },
  audit: async (program, { dataDir }) => (await import("./commands/audit.ts")).addAudit(program, dataDir),
  async restore(program, { server, dataDir }) {
    const { addRestore } = await import("./commands/restore.ts");
    addRestore(program, {
      get dataDir() {
        return dataDir();
      },
      server,
    });
  },
  key: async (program) => (await import("./commands/key.ts")).addKey(program),
  status: async (program, { client }) => (await import("./commands/status.ts")).addStatus(program, client),
  "upgrade-check": async (program, { client }) =>
    (await import("./commands/upgrade-check.ts")).addUpgradeCheck(program, client),
  context: async (program, { contexts }) =>
    (await import("./commands/context.ts")).addContext(program, contexts),
  login: async (program, { contexts }) => (await import("./commands/login.ts")).addLogin(program, contexts),
  bootstrap: async (program, { contexts }) =>
    (await import("./commands/bootstrap.ts")).addBootstrap(program, contexts),
  recover: async (program, { contexts, server }) =>
    (await import("./commands/recover.ts")).addRecover(program, contexts, server),
  open: async (program, { client }) => (await import("./commands/open.ts")).addOpen(program, client),
  whoami: async (program, { server }) => (await import("./commands/whoami.ts")).addWhoami(program, server),
  serve: async (program) => (await import("./commands/serve.ts")).addServe(program),
  agent: async (program) => (await import("./commands/agent.ts")).addAgent(program),
  // The last one: it completes what was added before it.
  completion: async (program) => (await import("./commands/completion.ts")).addCompletion(program),
};

/** They tell of all commands. `complete` is what the script of `completion` asks. */
const OF_ALL: ReadonlySet<string> = new Set(["completion", "complete"]);

/** Adds the command that this call names; all of them where it names none of ours, for help and for the nearest name. */
export async function addCommands(
  program: Command,
  parts: CommandParts,
  args: readonly string[],
): Promise<void> {
  const [verb = ""] = program.parseOptions([...args]).operands;
  let opened: Client | undefined;
  const client = (): Client => {
    opened ??= openClient(parts.server());
    return opened;
  };
  const named = Object.hasOwn(COMMANDS, verb) && !OF_ALL.has(verb) ? COMMANDS[verb] : undefined;
  for (const add of named === undefined ? Object.values(COMMANDS) : [named])
    await add(program, { ...parts, client });
}
