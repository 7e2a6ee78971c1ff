import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../testkit/ask.ts";
import { finish, ledge, root, type StartedServer, serve, temporaryFolder } from "../../testkit/processes.ts";
import { beaconOf } from "../../testkit/rollouts.ts";

const alerts = join(root, "deploy/prometheus/alerts.yaml");
const dashboard = join(root, "deploy/grafana/ledge.json");
const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;
/** Debian has it in the package `prometheus`. */
const NO_PROMTOOL = "promtool is not installed (apt-get install prometheus)";

const units = join(root, "deploy/systemd");
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).error === undefined;
const NO_SYSTEMD = "systemd-analyze is not installed (apt-get install systemd)";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly thresholds?: unknown } };
  readonly targets: readonly { readonly expr: string }[];
}

/** The panels of the dashboard that are rows, or those that are none. */
function panelsOf(part: "row" | "queries"): Panel[] {
  const { panels }: { panels: Panel[] } = JSON.parse(readFileSync(dashboard, "utf8"));
  return panels.filter(({ type }) => (type === "row") === (part === "row"));
}

describe("systemd units", () => {
  for (const name of readdirSync(units))
    test(`${name} is one, and hardened`, (context) => {
      context.skip(!hasSystemd, NO_SYSTEMD);
      const file = join(units, name);
      const verified = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
      expect([verified.status, verified.stderr]).toEqual([0, ""]);
      const args = ["security", "--offline=true", "--threshold=20", "--no-pager", file];
      expect(spawnSync("systemd-analyze", args, { encoding: "utf8" }).status).toBe(0);
    });
});

describe("deploy", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: StartedServer;
  let scraped: string;

  beforeAll(async () => {
    folder = temporaryFolder("deploy");
    server = await serve(join(folder.path, "data"));
    const run = (...args: string[]) => ledge(["--data", server.dataDir, ...args]);
    for (const what of ["run", "prove"]) expect(await run("backup", what)).toMatchObject({ status: 0 });
    // An edge that lacks the newest commit, so that the fleet's lag has a series.
    const token = readFileSync(join(server.dataDir, "admin-token"), "utf8").trim();
    const { lineage, head } = JSON.parse((await ask(server, "GET", "/v1/lineage", { token })).text);
    const beacon = beaconOf("fra-1", { namespace: "demo", lineage, revision: head });
    expect(await run("put", "demo/later", "1", "--if", "any")).toMatchObject({ status: 0 });
    const told = await ask(server, "POST", "/v1/fleet/beacons", { token, json: { beacons: [beacon] } });
    expect(told).toMatchObject({ status: 200 });
    // A refusal, so that refusals have a series.
    expect((await fetch(`${server.url}/v1/whoami`)).status).toBe(401);
    scraped = (await ask(server, "GET", "/metrics", { token })).text;
  });
  afterAll(async () => {
    await server?.stop();
    folder.remove();
  });

  /** Names as rules and panels use them, and whether the server shows a series of that name. */
  const notShown = (file: string) => {
    const names = new Set(readFileSync(file, "utf8").match(/\bledge_\w+/g));
    expect(names.size).toBeGreaterThan(5);
    const shown = new Set(scraped.match(/^ledge_\w+/gm));
    return [...names].filter((name) => !shown.has(name));
  };

  test("has alerts over metrics that a server shows", () => {
    expect(notShown(alerts)).toEqual([]);
  });

  test("has a dashboard over metrics that a server shows, each panel with one", () => {
    expect(notShown(dashboard)).toEqual([]);
    const asks = ({ targets }: Panel) =>
      targets.length > 0 && targets.every(({ expr }) => /\b(ledge_|up\{)/.test(expr));
    expect(panelsOf("queries").filter((panel) => !asks(panel))).toEqual([]);
  });

  test("has rows for backups and the fleet on it, and no panel over another", () => {
    expect(panelsOf("row").map(({ title }) => title)).toEqual(["Backups", "Fleet"]);
    const taken = new Map<string, string>();
    const ids = new Set<number>();
    for (const { id, title, gridPos } of [...panelsOf("row"), ...panelsOf("queries")]) {
      expect([title, ids.has(id)]).toEqual([title, false]);
      ids.add(id);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.get(`${x},${y}`)]).toEqual([title, undefined]);
          taken.set(`${x},${y}`, title);
        }
    }
  });

  test("has stat panels with thresholds of their own", () => {
    // Grafana's default is red from 80 on, whatever a value means.
    const stats = panelsOf("queries").filter(({ type }) => /^stat/.test(type));
    expect(stats.length).toBeGreaterThan(10);
    const without = stats.filter(({ fieldConfig }) => fieldConfig.defaults.thresholds === undefined);
    expect(without.map(({ title }) => title)).toEqual([]);
  });

  test("has panels whose queries Prometheus takes, each as a rule", async (context) => {
    context.skip(!hasPromtool, NO_PROMTOOL);
    const asked = panelsOf("queries").flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = asked.map((expr, at) => ({
      record: `panel:${at}`,
      // As Grafana fills them in.
      expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
    }));
    const file = join(folder.path, "panels.json");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const judged = await finish(spawn("promtool", ["check", "rules", "--lint=none", file]));
    expect(judged).toMatchObject({ status: 0, stderr: "" });
  });

  test("has every metric on the page that explains them", () => {
    const explained = readFileSync(join(root, "docs/metrics.md"), "utf8");
    const names = [...scraped.matchAll(/^# TYPE (\w+)/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !explained.includes(`\`${name}`))).toEqual([]);
  });

  test("names in each alert a command that there is", async () => {
    const help = (await ledge(["--help"])).stdout;
    const descriptions = readFileSync(alerts, "utf8").split("description:").slice(1);
    expect(descriptions.length).toBeGreaterThan(10);
    for (const text of descriptions) {
      const command = /`\.\/ledge (\w+)/.exec(text)?.[1] ?? "none";
      expect(help).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
  });

  describe("for promtool", () => {
    const promtool = (args: string[], stdin?: string) =>
      finish(spawn("promtool", args, { cwd: join(root, "deploy/prometheus") }), stdin);

    test("has rules that hold, and do what their tests say", async (context) => {
      context.skip(!hasPromtool, NO_PROMTOOL);
      expect(await promtool(["check", "rules", "alerts.yaml"])).toMatchObject({ status: 0, stderr: "" });
      expect(await promtool(["test", "rules", "alerts.test.yaml"])).toMatchObject({ status: 0, stderr: "" });
    });

    test("shows metrics as the rules for names want them", async (context) => {
      context.skip(!hasPromtool, NO_PROMTOOL);
      const checked = await promtool(["check", "metrics"], scraped);
      expect(checked).toMatchObject({ status: 0, stdout: "", stderr: "" });
    });
  });
});
