/**
 * docs/moves: the commands of each page are typed as they stand there, up to the proof that both sides are equal; and then a
 * side is changed, and the proof has to see it. Consul and etcd are real where they are installed; else, and for AWS, programs
 * stand here that give what the real ones wrote and take exactly the arguments that made it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startConsul } from "../../testkit/consul.ts";
import { startEtcd } from "../../testkit/etcd.ts";
import { root, shell } from "../../testkit/processes.ts";
import { pathWith } from "../../testkit/programs-for-path.ts";
import { serveCommand } from "../../testkit/served-command.ts";
import { type AnsweredLine, typedLines, typePage } from "../../testkit/typed-page.ts";

const { folder, data, url } = serveCommand("moves");
const fixtures = join(root, "test/programs/cli/fixtures");

/** What the old store holds, by key below its prefix. */
const HELD: Readonly<Record<string, string | Buffer>> = {
  banner: "Grüße",
  "frontend/app.yaml": "a: 1\nb: 2\n",
  "limits/api.json": '{"rps": 100, "burst": 9007199254740993}',
  "logo.bin": Buffer.from([0, 255, 254]),
};

interface Walk {
  readonly page: string;
  /** Programs and variables of the old store. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder and a namespace of its own for a page, and how a line is typed there. */
function openWalk({ page, scripts = {}, env = {} }: Walk) {
  const namespace = page.replace(/^moves\/|\.md$/g, "");
  const here = join(folder, namespace);
  mkdirSync(here);
  const token = readFileSync(join(data, "admin-token"), "utf8").trim();
  const PATH = pathWith(join(folder, `${namespace}-bin`), scripts);
  const options = { cwd: here, env: { ...env, PATH, LEDGE_DATA: data, TOKEN: token } };
  const adapt = (line: string) =>
    line.replaceAll("http://127.0.0.1:3000", url()).replaceAll(/shop-(prod|stage)/g, namespace);
  const proof = typedLines(page).findLast(({ line }) => line.endsWith("--prune --plan"))?.line;
  return {
    here,
    namespace,
    type: (line: string) => shell(line, options),
    proof: () => shell(adapt(proof ?? "exit 99"), options),
    /** Every line of the page ends as the page says. */
    async walk() {
      const answered = await typePage(page, options, adapt);
      expect(answered.filter(({ status, ended }) => status !== ended)).toEqual([]);
      expect(answered.length).toBe(typedLines(page).length);
      return answered;
    },
  };
}

type OpenWalk = ReturnType<typeof openWalk>;

/** The proof ends with 8 where one document more, or another one, is in Ledge, and with 0 when it is put right. */
async function proofSees({ proof, type, namespace }: OpenWalk): Promise<void> {
  expect((await proof()).status).toBe(0);
  expect((await type(`ledge put ${namespace}/only/here 1 --if absent`)).status).toBe(0);
  const more = await proof();
  expect([more.status, more.stdout]).toEqual([8, expect.stringMatching(/^- .*only\/here/m)]);
  expect((await type(`ledge rm ${namespace}/only/here --if any`)).status).toBe(0);
  expect((await proof()).status).toBe(0);
}

const saidBy = (answered: readonly AnsweredLine[], part: string) =>
  answered.find(({ line }) => line.includes(part))?.stdout ?? "";

/** Programs of a real store, or why there is none and what was recorded stands in. */
interface OldStore {
  readonly scripts: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Types what puts a value; undefined where the store is a recording. */
  readonly put?: (key: string, value: string | Buffer) => void;
  readonly missing?: string;
}

function recorded(name: string, args: string, file: string, missing: string): OldStore {
  const script = `[ "$*" = "${args}" ] && exec cat '${join(fixtures, file)}'; exit 9`;
  return { scripts: { [name]: script }, env: {}, missing };
}

async function openConsul(): Promise<OldStore> {
  const server = await startConsul(root, { build: false });
  if ("missing" in server)
    return recorded("consul", "kv export app/", "consul-kv-export.json", server.missing);
  onTestFinished(() => server.stop());
  const env = { CONSUL_HTTP_ADDR: server.url };
  const put = (key: string, input: string | Buffer) =>
    run(server.program, ["kv", "put", `app/${key}`, "-"], { input, env });
  return { scripts: { consul: `exec '${server.program}' "$@"` }, env, put };
}

async function openEtcd(): Promise<OldStore> {
  const missing = ["etcd", "etcdctl"].find((name) => spawnSync(name, ["version"]).error !== undefined);
  const server = missing === undefined ? await startEtcd() : undefined;
  if (server === undefined)
    return recorded(
      "etcdctl",
      "get --prefix /app/ -w json",
      "etcdctl-get.json",
      `${missing} is not installed (apt-get install etcd-server etcd-client)`,
    );
  onTestFinished(() => server.stop());
  const env = { ETCDCTL_ENDPOINTS: server.url, ETCDCTL_API: "3" };
  return {
    scripts: {},
    env,
    put: (key, input) => run("etcdctl", ["put", `/app/${key}`], { input, env }),
  };
}

function run(
  program: string,
  args: readonly string[],
  { input, env }: { input: string | Buffer; env: Readonly<Record<string, string>> },
): void {
  const ran = spawnSync(program, args, { input, env: { ...process.env, ...env }, encoding: "utf8" });
  expect([program, ran.status, ran.stderr]).toEqual([program, 0, expect.any(String)]);
}

describe.each([
  { name: "Consul", page: "moves/consul.md", open: openConsul },
  { name: "etcd", page: "moves/etcd.md", open: openEtcd },
])("the page for who comes from $name", ({ page, open, name }) => {
  test("moves what is there, and proves that both sides are equal", async (context) => {
    const store = await open();
    for (const [key, value] of Object.entries(HELD)) store.put?.(key, value);
    const walked = openWalk({ page, ...store });
    const answered = await walked.walk();
    expect((await walked.type(`ledge export out -n ${walked.namespace}`)).status).toBe(0);
    for (const [key, value] of Object.entries(HELD))
      expect(readFileSync(join(walked.here, "out", walked.namespace, key))).toEqual(Buffer.from(value));
    expect(saidBy(answered, "ledge log")).toContain(`from ${name}`);
    await proofSees(walked);
    if (store.put === undefined) context.skip(`walked with what ${name} once wrote: ${store.missing}`);
    store.put?.("limits/api.json", '{"rps": 101}');
    store.put?.("late", "1");
    const differs = await walked.proof();
    expect([differs.status, differs.stdout]).toEqual([8, expect.stringMatching(/^\+ .*late[\s\S]*^~ /m)]);
  });
});

describe("the page for who comes from Git", () => {
  test("moves files and their history, and proves that both sides are equal", async () => {
    const walked = openWalk({ page: "moves/git.md" });
    await makeRepository(walked);
    const answered = await walked.walk();
    // The history as it was: three commits of that folder, the oldest last.
    const past = saidBy(answered, "ledge log");
    expect(past).toMatch(/third[\s\S]*second[\s\S]*first/);
    expect(past).not.toContain("elsewhere");
    expect((await walked.type("ledge diff shop-past git --exit-code")).status).toBe(0);
    await proofSees(walked);
  });
});

/** A repository of three commits of `prod`, and one of something else. */
async function makeRepository({ here, type }: OpenWalk): Promise<void> {
  const config = join(here, "config-repo");
  mkdirSync(join(config, "prod/limits"), { recursive: true });
  const commit = async (message: string) => {
    const git = "git -C config-repo -c user.name=Ada -c user.email=ada@example.com";
    const line = `git -C config-repo init -q && ${git} add -A && ${git} commit -qm '${message}'`;
    expect(await type(line)).toMatchObject({ status: 0 });
  };
  writeFileSync(join(config, "prod/limits/api.json"), '{"rps": 1}\n');
  writeFileSync(join(config, "prod/gone.txt"), "x");
  await commit("first");
  writeFileSync(join(config, "prod/limits/api.json"), '{"rps": 2}\n');
  writeFileSync(join(config, "prod/logo.bin"), Buffer.from([0, 255]));
  await commit("second");
  await type("rm config-repo/prod/gone.txt");
  await commit("third");
  writeFileSync(join(config, "README.md"), "no configuration\n");
  await commit("elsewhere");
}

describe("the page for who comes from environment files", () => {
  test("moves what programs read, and gives them the same file back", async () => {
    const walked = openWalk({ page: "moves/env.md" });
    const [, template = ""] =
      /```liquid\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs/moves/env.md"), "utf8")) ?? [];
    writeFileSync(join(walked.here, "shop.env.tmpl"), template);
    writeFileSync(
      join(walked.here, "prod.env"),
      "# limits\nRPS=100\nGREETING=Grüße aus Ulm\n\nDB_PASSWORD=hush\nEMPTY=\n",
    );
    await walked.walk();
    expect(readFileSync(join(walked.here, "shop.env"), "utf8")).toBe(
      "EMPTY=\nGREETING=Grüße aus Ulm\nRPS=100\n",
    );
    expect((await walked.type("ledge get env/env/DB_PASSWORD")).status).toBe(3);
    expect((await walked.type("ledge put env/env/RPS 101 --if any")).status).toBe(0);
    expect((await walked.proof()).status).toBe(8);
  });
});

describe("the page for who comes from AWS AppConfig", () => {
  test("moves hosted configurations, and proves that both sides are equal", async () => {
    const walked = openWalk({ page: "moves/appconfig.md", scripts: { aws: hostedVersions() } });
    await walked.walk();
    const flags = await walked.type("ledge get appconfig/flags.json");
    expect(JSON.parse(flags.stdout).values.dark.enabled).toBe(true);
    await walked.type("printf '{}' > again/limits.json");
    expect((await walked.proof()).status).toBe(8);
  });
});

/** The content goes into the file, and what is said of it to standard output, as aws-cli 1.46 does it. */
function hostedVersions(): string {
  const profiles = [
    ["8efb78c", "appconfig-limits.json"],
    ["4c5b823", "appconfig-flags.json"],
  ];
  const tries = profiles.map(
    ([profile, file]) =>
      `[ "$5,$6" = "--configuration-profile-id,${profile}" ] && cat '${join(fixtures, file ?? "")}' > "$9" && exec cat '${join(fixtures, "appconfig-said.json")}'`,
  );
  const asked =
    '[ "$1 $2 $3 $4 $7 $8" = "appconfig get-hosted-configuration-version --application-id de0c71b --version-number 1" ] || exit 9';
  return [asked, ...tries, "exit 9"].join("\n");
}
