import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, type StartedServer, startServer, temporaryFolder } from "../../testkit/processes.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = temporaryFolder("readme");
const data = join(folder.path, "data");
let server: StartedServer;

beforeAll(async () => {
  server = await startServer(data);
});
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The session of the README: what follows `$ ` is typed, what follows that is printed. */
function session(): Step[] {
  const block =
    /<!-- session[^>]*-->\n```console\n([\s\S]*?)```\n<!-- end of session -->/.exec(readme)?.[1] ?? "";
  return block
    .split(/^\$ /m)
    .filter((part) => part !== "")
    .map((part) => {
      const [command = "", ...lines] = part.trimEnd().split("\n");
      return { command, output: lines.join("\n") };
    });
}

/** The same command against this test's server and folder. */
function here(command: string): string {
  return command
    .replaceAll("./restored.db", join(folder.path, "restored.db"))
    .replaceAll(".ledge/", `${data}/`)
    .replaceAll("http://127.0.0.1:3000", server.url);
}

function shell(command: string): Promise<{ status: number | null; output: string }> {
  const child = spawn("bash", ["-c", `${command} 2>&1`], {
    cwd: root,
    env: { ...process.env, LEDGE_DATA: data, NO_COLOR: "1" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((done) => child.once("close", (status) => done({ status, output: output.trimEnd() })));
}

/** Times, sizes, revisions and paths differ from run to run; the rest of the words does not. */
function wordsOf(output: string): string {
  return (
    output
      .replaceAll(join(folder.path, "restored.db"), "./restored.db")
      // What a run wrote stands there where the schedule was not faster than the session.
      .replace(/(the bucket holds revision \d+) \([^)]* written\)/, "$1")
      // A restore that takes longer than some seconds says how far it is.
      .replace(/^(restoring: .* of .*|checking the whole file)\n/gm, "")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replace(/\d+/g, "N")
      .replace(/ +/g, " ")
  );
}

describe("the README", () => {
  test("has a session whose commands print what it says", async () => {
    const steps = session();
    expect(steps.length).toBeGreaterThan(4);
    for (const step of steps) {
      const { status, output } = await shell(here(step.command));
      expect([step.command, status, wordsOf(output)]).toEqual([step.command, 0, wordsOf(step.output)]);
    }
  });

  test("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = [...readme.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|bench|build)\b/g)].map(
      (match) => match[1] ?? "",
    );
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty(name);
  });

  test("and the other documents link only to what is there", () => {
    const files = [
      "README.md",
      "CHANGELOG.md",
      ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".md"))
        .map((name) => `docs/${name}`),
    ];
    for (const file of files) {
      const text = readFileSync(join(root, file), "utf8");
      for (const [, target = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(target)) continue;
        expect([file, target, existsSync(join(root, dirname(file), target))]).toEqual([file, target, true]);
      }
    }
  });

  test("does not tell anybody to run npx ledge, a name that is not ours", () => {
    const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".md"),
    );
    for (const name of ["README.md", ...pages.map((file) => `docs/${file}`)]) {
      expect(readFileSync(join(root, name), "utf8")).not.toContain("npx ledge");
    }
  });
});

describe("the settings page", () => {
  test("names every variable of spin.toml with its default, and no other", async () => {
    const { parse } = await import("smol-toml");
    const manifest = parse(readFileSync(join(root, "spin.toml"), "utf8"));
    const declared = Object.entries(manifest.variables ?? {}).map(([name, one]) => [
      name,
      String((one as { default?: unknown }).default ?? ""),
    ]);
    const table = readFileSync(join(root, "docs/settings.md"), "utf8").split("## Environment")[0] ?? "";
    const documented = [...table.matchAll(/^\| `([a-z_]+)` \| (?:`([^`]*)`|empty) \|/gm)].map((match) => [
      match[1],
      match[2] ?? "",
    ]);
    expect(documented.sort()).toEqual(declared.sort());
  });
});
