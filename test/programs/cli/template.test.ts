/** `ledge template` and `ledge agent --render`: files that are made of documents, and follow them. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { cleanEnvironment, finish, root } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder, url } = serveCommand("template");

const UPSTREAMS = `{% assign names = "upstreams/" | keys -%}
{% for name in names %}{% assign one = name | key -%}
server {{ one.host }}:{{ one.port | default: 80 }};
{% endfor -%}
{{ "banner" | text }}
`;

const put = (key: string, value: string) => ledge(["put", `shop/${key}`, value, "--if", "any"]);

/** A folder with a template, the file that is made of it, and the flags that say so. */
function place(template: string) {
  const at = mkdtempSync(join(folder, "t-"));
  const [source, out] = [join(at, "app.tmpl"), join(at, "app.conf")];
  writeFileSync(source, template);
  return { at, source, out, wanted: `${source}:${out}`, read: () => readFileSync(out, "utf8") };
}

const once = (wanted: string, ...more: string[]) =>
  ledge(["template", wanted, "-n", "shop", "--once", ...more]);

beforeAll(async () => {
  await ledge(["ns", "put", "shop"]);
  await put("upstreams/b", '{"host":"b.local","port":8080}');
  await put("upstreams/a", '{"host":"a.local"}');
  await put("banner", "Hello");
});

describe("ledge template", () => {
  test("makes a file of values, of text and of the keys of a prefix", async () => {
    const { wanted, read, at } = place(UPSTREAMS);
    expect(await once(wanted)).toMatchObject({ status: 0 });
    expect(read()).toBe("server a.local:80;\nserver b.local:8080;\nHello\n");
    expect(readdirSync(at)).toHaveLength(2);
  });

  test("keeps the mode of the file, and runs the command only when the text has changed", async () => {
    const { wanted, out, at } = place('{{ "banner" | key }}');
    writeFileSync(out, "before");
    chmodSync(out, 0o640);
    const log = join(at, "log");
    for (let nth = 0; nth < 2; nth += 1) await once(wanted, "--exec", `echo "$LEDGE_FILE" >> ${log}`);
    expect(statSync(out).mode & 0o777).toBe(0o640);
    expect(readFileSync(log, "utf8")).toBe(`${out}\n`);
  });

  test.each([
    { template: 'one\n{{ "none" | key }}', says: ":2: there is no shop/none" },
    {
      template: '{% assign one = "upstreams/a" | key %}\n\n{{ one.absent }}',
      says: ":3: undefined variable: one.absent",
    },
    { template: "\n{% if %}", says: ":2: " },
    { template: '{{ "a" | shell }}', says: ":1: undefined filter: shell" },
    { template: '{% include "/etc/passwd" %}', says: ":1: " },
    { template: "{{ one.constructor }}", says: ":1: undefined variable: one" },
  ])("names file and line of `$template`, and leaves the file as it is", async ({ template, says }) => {
    const { wanted, source, out, read } = place(template);
    writeFileSync(out, "the last good one");
    const ran = await once(wanted);
    expect(ran.status).toBe(6);
    expect(ran.stderr).toContain(`${source}${says}`);
    expect(read()).toBe("the last good one");
  });

  test("takes what the template says where there is no document", async () => {
    const { wanted, read } = place('{{ "none" | key: 7 }}');
    await once(wanted);
    expect(read()).toBe("7");
  });

  test("ends where there is no namespace, no template, or the command fails", async () => {
    const { wanted, out } = place("x");
    expect((await ledge(["template", wanted, "-n", "none", "--once"])).status).toBe(3);
    expect((await once(`${out}.none:${out}`)).status).toBe(2);
    expect((await once(out)).status).toBe(2);
    const failing = await once(wanted, "--exec", "exit 3");
    expect([failing.status, failing.stderr]).toEqual([1, expect.stringContaining("ended with 3")]);
  });

  test("makes the file again with each change, and keeps the last good one", async () => {
    const { wanted, read, out } = place('{% assign one = "live" | key %}{{ one.rps }}');
    await put("live", '{"rps":1}');
    const args = [join(root, "dist/programs/cli.mjs"), "--data", data, "template", wanted, "-n", "shop"];
    const child = spawn(process.execPath, args, { env: cleanEnvironment({}), cwd: root });
    const said = { stderr: "" };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    onTestFinished(async () => {
      const ended = finish(child);
      child.kill("SIGKILL");
      await ended;
    });
    await expect.poll(() => existsSync(out) && read()).toBe("1");
    await put("live", '{"rps":2}');
    await expect.poll(read).toBe("2");
    await put("live", '{"other":2}');
    await expect.poll(() => said.stderr).toContain("undefined variable: one.rps");
    expect(read()).toBe("2");
    await put("live", '{"rps":3}');
    await expect.poll(read).toBe("3");
  });
});

describe("ledge agent --render", () => {
  test("makes files of what the agent serves, and again with each move", async () => {
    const { wanted, read, at } = place(UPSTREAMS);
    const token = join(at, "token");
    writeFileSync(token, (await ledge(["token", "create", "edge", "-g", "read:shop"])).stdout.trim());
    const log = join(at, "log");
    const flags = [
      "shop",
      "--from",
      url(),
      "--token-file",
      token,
      "--render",
      `${wanted}:echo ran >> ${log}`,
    ];
    await startAgentProcess(join(at, "data"), flags);
    await expect
      .poll(() => existsSync(log) && read())
      .toBe("server a.local:80;\nserver b.local:8080;\nHello\n");
    await put("banner", "Good evening");
    await expect.poll(read).toContain("Good evening");
    await expect.poll(() => readFileSync(log, "utf8")).toBe("ran\nran\n");
    await put("banner", "Hello");
  });

  test.each([
    { flags: ["shop"], render: "only-one", says: "TEMPLATE:FILE" },
    { flags: ["shop", "far"], render: "a:b", says: "shop=TEMPLATE:FILE" },
    { flags: ["shop"], render: "/nowhere/x.tmpl:b", says: "/nowhere/x.tmpl cannot be read" },
  ])("ends with 2 for --render $render of $flags", async ({ flags, render, says }) => {
    const ran = await ledge([
      "agent",
      ...flags,
      "--from",
      url(),
      "--data",
      join(folder, "none"),
      "--render",
      render,
    ]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});
