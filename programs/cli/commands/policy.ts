/** `ledge policy`: budgets of a commit, and freezes, by namespace and scope. */
import type { Command } from "commander";
import { CommitAnswer, ListPage } from "../../../lib/api/document-answers.ts";
import { PoliciesPage, PolicyAnswer } from "../../../lib/api/policy-bodies.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import { escapeControl, formatBytes, printJson, sayDone, sayWarning } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { changePolicy, flagOfPolicy, POLICY_SETTINGS, type PolicyFlags } from "../policy-settings.ts";
import { repeated } from "../repeated.ts";
import { printTable } from "../table.ts";

interface Place {
  readonly namespace: string;
  readonly scope: string;
}

interface PutOptions extends PolicyFlags {
  readonly scope?: string;
  readonly unset?: readonly string[];
  readonly message?: string;
  readonly output: "text" | "json";
}

interface OtherOptions extends Pick<PutOptions, "scope" | "message"> {
  readonly output: "text" | "json";
}

const TRIES = 5;
const SCOPE = "a key, or a prefix that ends in / (default: the whole namespace)";

export function addPolicy(program: Command, client: () => Client): void {
  const policy = program
    .command("policy")
    .description("policies: what one commit may do at once, and when nothing may change");
  policy
    .command("put")
    .description("make the policy of a scope, or change what is named and keep the rest")
    .argument("<namespace>")
    .option("--scope <scope>", SCOPE)
    .option("--max-changed <n>", "a commit creates, changes or deletes at most so many keys")
    .option("--max-deleted <n>", "a commit deletes at most so many keys")
    .option(
      "--max-growth <bytes>",
      "a commit makes all values together larger by at most so much, such as 64KiB",
    )
    .option("--max-emptied <n>", "a commit leaves at most so many documents without content")
    .option("--freeze <from..until>", "nothing changes in between; `..2h` is from now on, for two hours")
    .option("--reason <text>", "why it is frozen, for whom that stops")
    .option("--rollouts <review>", "`review`: a second person approves each rollout of the namespace")
    .option(
      "--unset <setting>",
      `take a setting back (may be given again): ${POLICY_SETTINGS.join(", ")}`,
      repeated,
    )
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (namespace: string, options: PutOptions) => {
      const place = { namespace, scope: options.scope ?? "" };
      const made = await putPolicy(client(), place, options);
      if (options.output === "json") return printJson(made);
      await warnOfNarrowScope(client(), place);
      const words: Readonly<Record<string, string>> = { created: "is made", unchanged: "is as it was" };
      sayDone(`${nameOf(place)} ${words[made.changes[0]?.result ?? ""] ?? "is changed"}`);
    });
  policy
    .command("get")
    .description("show the policy of a scope")
    .argument("<namespace>")
    .option("--scope <scope>", SCOPE)
    .addOption(outputOption(["text", "json"]))
    .action(async (namespace: string, { scope = "", output }: OtherOptions) => {
      const found = await readPolicy(client(), { namespace, scope });
      if (output === "json") return printJson(found);
      process.stdout.write(linesOf(found).join(""));
    });
  policy
    .command("ls")
    .description("list the policies of a namespace, or of all that you administer")
    .argument("[namespace]")
    .addOption(outputOption(["table", "json"]))
    .action(async (namespace: string | undefined, { output }: { output: "table" | "json" }) => {
      const all = await listPolicies(client(), namespace);
      if (output === "json") return printJson(all);
      printPolicies(all);
    });
  policy
    .command("rm")
    .description("delete the policy of a scope")
    .argument("<namespace>")
    .option("--scope <scope>", SCOPE)
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (namespace: string, { scope = "", message, output }: OtherOptions) => {
      const place = { namespace, scope };
      const made = await client().json(CommitAnswer, "DELETE", pathOf(place), {
        query: { scope, message },
        headers: conditionHeaders("any"),
        what: nameOf(place),
      });
      if (output === "json") return printJson(made);
      sayDone(`${nameOf(place)} is gone`);
    });
}

function pathOf({ namespace }: Place): string {
  return pathTo`/v1/admin/policies/${namespace}`;
}

function nameOf({ namespace, scope }: Place): string {
  return `policy of ${scope === "" ? namespace : `${scope} in ${namespace}`}`;
}

/** A scope of one key that is no document, where documents lie below it: a prefix was meant, and nothing is guarded. */
async function warnOfNarrowScope(client: Client, { namespace, scope }: Place): Promise<void> {
  if (scope === "" || scope.endsWith("/")) return;
  const first = async (prefix: string) => {
    const query = { prefix, limit: 1 };
    const page = await client.json(ListPage, "GET", pathTo`/v1/list/${namespace}`, { query });
    return page.documents[0]?.key;
  };
  try {
    if ((await first(scope)) === scope || (await first(`${scope}/`)) === undefined) return;
  } catch (error) {
    // Whoever administers may not read: then nothing is known, and nothing is said.
    if (error instanceof Failure && error.exit === EXIT.auth) return;
    throw error;
  }
  sayWarning(
    `--scope ${scope} covers the one key ${scope}, which is not there; for all that is below it write ${scope}/`,
  );
}

function readPolicy(client: Client, place: Place): Promise<PolicyAnswer> {
  return client.json(PolicyAnswer, "GET", pathOf(place), {
    query: { scope: place.scope },
    what: nameOf(place),
  });
}

/** Over what is there, which the write names: whoever changes it meanwhile is not undone. */
async function putPolicy(client: Client, place: Place, options: PutOptions): Promise<CommitAnswer> {
  const { message, unset = [] } = options;
  for (let nth = 1; ; nth += 1) {
    const there = await readPolicy(client, place).catch((error: unknown) => {
      if (error instanceof Failure && error.code === "not_found") return undefined;
      throw error;
    });
    const wanted = changePolicy(there ?? {}, options, { unset, nowMs: Date.now() });
    try {
      return await client.json(CommitAnswer, "PUT", pathOf(place), {
        query: { scope: place.scope, message },
        headers: conditionHeaders(there?.etag ?? "absent"),
        body: JSON.stringify(wanted),
        what: nameOf(place),
        nameOf: flagOfPolicy,
      });
    } catch (error) {
      const raced = error instanceof Failure && (error.exit === EXIT.stale || error.code === "exists");
      if (!raced || nth >= TRIES) throw error;
    }
  }
}

async function listPolicies(client: Client, namespace: string | undefined): Promise<PolicyAnswer[]> {
  const all: PolicyAnswer[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.json(PoliciesPage, "GET", "/v1/admin/policies", {
      query: { ns: namespace, cursor },
    });
    all.push(...page.policies);
    cursor = page.next;
  } while (cursor !== undefined);
  return all;
}

function printPolicies(all: readonly PolicyAnswer[]): void {
  const shown = (limit: number | undefined) => (limit === undefined ? "" : String(limit));
  printTable(
    ["NAMESPACE", "SCOPE", "CHANGED", "DELETED", "GROWTH", "EMPTIED", "FREEZES", "ROLLOUTS"],
    all.map(({ namespace, scope, budgets = {}, freeze = [], rollouts = "" }) => [
      namespace,
      scope,
      shown(budgets.keysChanged),
      shown(budgets.keysDeleted),
      budgets.growthBytes === undefined ? "" : formatBytes(budgets.growthBytes),
      shown(budgets.emptied),
      freeze.length === 0 ? "" : String(freeze.length),
      rollouts,
    ]),
  );
}

function linesOf({ budgets = {}, freeze = [], rollouts }: PolicyAnswer): string[] {
  return [
    ...Object.entries(budgets).map(([name, limit]) => `${name} ${limit}\n`),
    ...(rollouts === undefined ? [] : [`rollouts ${rollouts}\n`]),
    ...freeze.map(({ from, until, reason }) => `freeze ${from}..${until} ${escapeControl(reason)}\n`),
  ];
}
