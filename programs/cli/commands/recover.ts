/** `ledge recover`: a root token for an hour, of a server whose root tokens are lost, stored as a context of its own. */
import { type Command, Option } from "commander";
import { VERBS } from "../../../lib/core/grant.ts";
import { openClient } from "../client.ts";
import { type Connection, toldByFlags } from "../context.ts";
import { EXIT, Failure } from "../failure.ts";
import { say, sayDone } from "../output.ts";
import { recoverFromAgent } from "../recover/from-agent.ts";
import { parseServerAddress } from "../server/address.ts";
import { contextsFile, judgeContextName } from "../stored-contexts.ts";
import { askRootToken } from "../tokens/ask-root-token.ts";
import { readStandingSecret } from "../tokens/standing-secret.ts";
import { type ContextPlaces, contextName, tellUse } from "./login.ts";

interface Options {
  readonly secretFile?: string;
  readonly name: string;
  readonly fromAgent?: string;
  readonly agentTokenFile?: string;
  readonly theirs?: true;
  readonly ours?: true;
  readonly plan?: true;
  readonly yes?: true;
}

const HELP = `
The server's variable recovery_secret has to be set, with at least 32 characters (docs/settings.md). One recovery token
lives at a time. Make a root token that lasts with it, and end the one that was lost. The log names the actor _recovery.
The token is kept under the server's name with -recovery behind it, so that no stored token is lost; or --context NAME.

With --from-agent: after a restore to an older state, an agent may have what was lost. Its commits are shown, and made again.
  ledge recover shop-prod --from-agent http://edge-1:3001 --agent-token-file edge.token --plan
`;

export function addRecover(program: Command, places: ContextPlaces, server: () => Connection): void {
  program
    .command("recover")
    .description(
      "make a root token for an hour where none works any more; or bring back what an agent still has",
    )
    .argument("<url>", "the server; with --from-agent the namespace")
    .option("--secret-file <file>", "its recovery secret (or LEDGE_RECOVERY_SECRET)")
    .option("--name <name>", "what the token is called", "recovery")
    .option(
      "--from-agent <address>",
      "bring back what this agent has of a namespace, and a restored origin has not",
      parseServerAddress,
    )
    .option("--agent-token-file <file>", "the token for the agent, with the verb history on the namespace")
    .option("--plan", "with --from-agent: show what would be committed")
    .addOption(
      new Option("--theirs", "of keys that were changed since, take what was lost").conflicts("ours"),
    )
    .option("--ours", "of keys that were changed since, leave what is there")
    .option("-y, --yes", "with --from-agent: do not ask")
    .addHelpText("after", HELP)
    .action(async (url: string, options: Options) => {
      if (options.fromAgent === undefined) await recover(parseServerAddress(url), options, places);
      else await bringBack(url, options.fromAgent, { options, connection: server() });
    });
}

/** No stored token goes to an agent: it was stored for the origin alone. */
async function bringBack(
  namespace: string,
  agent: string,
  { options, connection }: { readonly options: Options; readonly connection: Connection },
): Promise<void> {
  const conflicts = options.theirs === true ? "theirs" : options.ours === true ? "ours" : undefined;
  const tokenFrom = options.agentTokenFile;
  if (tokenFrom === undefined)
    throw new Failure(EXIT.usage, "say with which token the agent is asked: --agent-token-file FILE", {
      hint: `one with the verb history on ${namespace} will do; \`ledge token create\` makes one`,
    });
  const { token } = toldByFlags({ tokenFile: tokenFrom });
  const asked = { url: agent, token, tokenFrom, ca: connection.ca };
  const { plan = false, yes = false } = options;
  await recoverFromAgent(openClient(connection), openClient(asked), namespace, { conflicts, plan, yes });
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
