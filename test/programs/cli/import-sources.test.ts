import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
// Each test starts many processes, on a machine that may have other work.
vi.setConfig({ testTimeout: 240_000 });
const { folder, ledge } = serveCommand("import-sources");
const fixture = (name: string) => join(FIXTURES, name);
const into = (namespace: string, ...args: string[]) => [
  "import",
  ...args,
  "-n",
  namespace,
  "--create-namespaces",
];

/** Everything in a namespace: key to media type and bytes as base64. */
async function stored(namespace: string): Promise<Record<string, [string, string]>> {
  const { stdout } = await ledge(["ls", namespace, "--all", "-o", "json"]);
  const { documents } = JSON.parse(stdout);
  const dir = mkdtempSync(join(folder, "stored-"));
  expect((await ledge(["export", dir, "-n", namespace, "--add-extensions"])).status).toBe(0);
  const { formatFileName } = await import("../../../lib/core/file-name.ts");
  return Object.fromEntries(
    documents.map(({ key, mediaType }: { key: string; mediaType: string }) => {
      const bytes = readFileSync(join(dir, namespace, formatFileName({ key, mediaType })));
      return [key, [mediaType, bytes.toString("base64")]];
    }),
  );
}

const of = (mediaType: string, text: string | Uint8Array): [string, string] => [
  mediaType,
  Buffer.from(text).toString("base64"),
];

const APP = {
  banner: of("text/plain", "Grüße"),
  "frontend/app.yaml": of("application/yaml", "a: 1\nb: 2\n"),
  "limits/api.json": of("application/json", '{"rps": 100, "burst": 9007199254740993}'),
  "logo.bin": of("application/octet-stream", Uint8Array.from([0, 255, 254])),
};

describe("ledge import from Consul", () => {
  test("reads what `consul kv export` wrote, byte for byte", async () => {
    const args = into("consul", fixture("consul-kv-export.json"), "--strip-prefix", "app/");
    expect(await ledge(args)).toMatchObject({ status: 0 });
    expect(await stored("consul")).toEqual(APP);
    const piped = { stdin: readFileSync(fixture("consul-kv-export.json"), "utf8") };
    expect(
      (await ledge(["import", "-", "-n", "consul", "--strip-prefix", "app/", "--plan"], piped)).status,
    ).toBe(0);
  });

  test("says the line of each bad entry, and of each value that is not what its key says", async () => {
    const value = Buffer.from("{]").toString("base64");
    const stdin = `[\n {"key":"a","flags":0,"value":"!"},\n {"key":"b.json","flags":0,"value":"${value}"}\n]`;
    const ran = await ledge(["import", "-", "-n", "consul"], { stdin });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(
      /input:2:2: an entry of `consul kv export`[\s\S]*input:3:2: in line 1, column 2 of the value/,
    );
  });
});

describe("ledge import from etcd", () => {
  test("reads what `etcdctl get --prefix -w json` wrote, byte for byte", async () => {
    expect(await ledge(into("etcd", fixture("etcdctl-get.json"), "--strip-prefix", "/app/"))).toMatchObject({
      status: 0,
    });
    expect(await stored("etcd")).toEqual({ ...APP, empty: of("text/plain", "") });
  });

  test("keeps the slash that a key begins with, where no prefix is stripped", async () => {
    expect((await ledge(into("slashed", fixture("etcdctl-get.json")))).status).toBe(0);
    expect(Object.keys(await stored("slashed"))).toContain("/app/banner");
  });

  test("refuses a dump that was cut, or that holds no values", async () => {
    for (const [name, option] of [
      ["etcdctl-get-limit.json", "--limit"],
      ["etcdctl-get-keys-only.json", "--keys-only"],
    ] as const)
      expect(await ledge(["import", fixture(name), "-n", "etcd"])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`without ${option}`),
      });
  });
});

describe("ledge import from Kubernetes", () => {
  const CONFIG = {
    "shop-config/app.properties": of("text/plain", "server.port=8080\n"),
    "shop-config/level": of("text/plain", "info"),
    "shop-config/limits.json": of("application/json", '{"rps": 100}'),
    "shop-config/logo.bin": of("application/octet-stream", Uint8Array.from([0, 255])),
    "shop-config/note": of("text/plain", "plain\n"),
  };

  test("reads the ConfigMap that kubectl wrote, as YAML and as JSON", async () => {
    expect(await ledge(into("maps", fixture("configmap.yaml")))).toMatchObject({ status: 0 });
    expect(await stored("maps")).toEqual(CONFIG);
    expect((await ledge(["import", fixture("configmap.json"), "-n", "maps", "--plan"])).status).toBe(0);
    const stdin = readFileSync(fixture("configmap.yaml"), "utf8");
    expect((await ledge(["import", "-", "-n", "maps", "--plan"], { stdin })).status).toBe(0);
  });

  test("takes the ConfigMap's own namespace without -n", async () => {
    expect(await ledge(["import", fixture("configmap.yaml"), "--create-namespaces"])).toMatchObject({
      status: 0,
    });
    expect(await stored("shop-prod")).toEqual(CONFIG);
  });

  test("reads a list, passes over other kinds, and says the line of what is wrong", async () => {
    const map = (name: string, entry: string) =>
      `- kind: ConfigMap\n  metadata: {name: ${name}}\n  data:\n    ${entry}\n`;
    const list = `kind: List\nitems:\n${map("one", "a: x")}${map("two", "b: y")}---\nkind: Secret\ndata: {p: eA==}\n`;
    expect(await ledge(into("lists", "-"), { stdin: list })).toMatchObject({ status: 0 });
    expect(Object.keys(await stored("lists"))).toEqual(["one/a", "two/b"]);
    const bad = `kind: List\nitems:\n${map("one", "port: 8080")}${map("two", 'b: "\\ud800"')}`;
    expect(await ledge(["import", "-", "-n", "lists"], { stdin: bad })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/input:6:5: port is no string[\s\S]*input:10:5: \\ud800/),
    });
    const twice = "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: one\n  x: two\n";
    expect(await ledge(["import", "-", "-n", "lists"], { stdin: twice })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/input:5:3: .*unique/),
    });
    const none = join(folder, "deployment.yaml");
    writeFileSync(none, "kind: Deployment\n");
    expect((await ledge(["import", none, "-n", "lists"])).stderr).toContain("holds no ConfigMap");
  });
});

describe("ledge import of our own JSON", () => {
  test("keeps numbers, member order and white space, with namespaces or for one", async () => {
    const stdin =
      '{"numbers":{"a":1.0,"b":12345678901234567890,"c":{"2":1, "1":2},"d":"text","e":null,"x.yaml":[]}}';
    expect((await ledge(["import", "-", "--create-namespaces"], { stdin })).status).toBe(0);
    expect(await stored("numbers")).toEqual({
      a: of("application/json", "1.0"),
      b: of("application/json", "12345678901234567890"),
      c: of("application/json", '{"2":1, "1":2}'),
      d: of("application/json", '"text"'),
      e: of("application/json", "null"),
      "x.yaml": of("application/json", "[]"),
    });
    const pruned = await ledge(["import", "-", "-n", "numbers", "--prune", "--yes", "-o", "json"], {
      stdin: '{"a":2}',
    });
    expect(JSON.parse(pruned.stdout)).toMatchObject({ changed: 1, deleted: 5 });
  });

  test("says where it is wrong, by line and column, all at once", async () => {
    const wrong = [
      { stdin: '{"numbers":\n', told: /input:2:1: / },
      { stdin: '{"numbers":{"a":1,\n"a":2}}', told: /input:2:1: the member "a" stands twice/ },
      {
        stdin: '{"numbers":{"a":"\\ud800"},\n"Bad":{},\n"x":1}',
        told: /1:17: \\ud800[\s\S]*2:7: "Bad" is no name[\s\S]*3:5: an object/,
      },
      { stdin: '{"numbers":[1]}', told: /1:12: an object is wanted/ },
      { stdin: "\ufeff{}", told: /1:1: .*byte order mark/ },
      { stdin: "", told: /1:1: a value is missing/ },
    ];
    for (const { stdin, told } of wrong) {
      const ran = await ledge(["import", "-"], { stdin });
      expect([stdin, ran.status, ran.stderr]).toEqual([stdin, 2, expect.stringMatching(told)]);
    }
  });
});

describe("ledge import --split", () => {
  const ENV = "A=1\n# words\nexport B=\"two\nlines\"\nC='x # y'\n\nD=\n";

  test("makes a key of each name of a .env file, its value as text", async () => {
    const file = join(folder, "prod.env");
    writeFileSync(file, ENV);
    expect(await ledge(["import", file, "-n", "split"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--split"),
    });
    expect(await ledge(into("split", file, "--split"))).toMatchObject({ status: 0 });
    expect(await stored("split")).toEqual({
      A: of("text/plain", "1"),
      B: of("text/plain", "two\nlines"),
      C: of("text/plain", "x # y"),
      D: of("text/plain", ""),
    });
  });

  test("says the line that is no assignment, or that names something again", async () => {
    const stdin = 'A=1\nnonsense\nA=2\nB="open\n';
    const ran = await ledge(["import", "-", "-n", "split", "--format", "env"], { stdin });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(
      /input:2: NAME=value[\s\S]*input:3: A stands here again; line 1[\s\S]*input:4: the " of B/,
    );
  });

  test("splits .properties as Java reads them, in a folder below the file's name", async () => {
    const dir = mkdtempSync(join(folder, "tree-"));
    writeFileSync(
      join(dir, "app.properties"),
      "server.port = 8080\nname: caf\\u00e9\nlong = a\\\n  b\n! words\n",
    );
    writeFileSync(join(dir, ".env"), "A=1\n");
    writeFileSync(join(dir, "x.yaml"), "a: 1");
    expect(await ledge(into("java", dir, "--split"))).toMatchObject({ status: 0 });
    expect(await stored("java")).toEqual({
      A: of("text/plain", "1"),
      "app/server.port": of("text/plain", "8080"),
      "app/name": of("text/plain", "café"),
      "app/long": of("text/plain", "ab"),
      "x.yaml": of("application/yaml", "a: 1"),
    });
    for (const [stdin, told] of [
      ["a=1\na=2\n", /input:2: a stands here again/],
      ["a=\\u00zz\n", /input:1: \\u takes four/],
      ["a=\\ud800\n", /input:1: \\ud800 is half/],
    ] as const)
      expect(await ledge(["import", "-", "-n", "java", "--format", "properties"], { stdin })).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(told),
      });
  });
});
