/** A real Prometheus that scrapes one server each second, where Debian's package `prometheus` is installed. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { freePort } from "./etcd.ts";
import { finish, temporaryFolder } from "./processes.ts";

const PROGRAM = process.env.LEDGE_TEST_PROMETHEUS ?? "prometheus";

/** Why what needs one is skipped. */
export const NO_PROMETHEUS =
  spawnSync(PROGRAM, ["--version"]).error === undefined
    ? undefined
    : "prometheus is not installed (apt-get install prometheus, or LEDGE_TEST_PROMETHEUS names one)";

export const SCRAPE_SECONDS = 1;

/** Times are seconds. What is no number there is left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [second: number, value: number])[];
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Prometheus {
  readonly version: string;
  /** What a query gives for each second of a span. */
  range(query: string, span: Span): Promise<Series[]>;
  stop(): Promise<void>;
}

const Matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});
const Build = z.object({ data: z.object({ version: z.string() }) });

/** Scrapes as docs/metrics.md says it, with that token. */
export async function startPrometheus(target: string, token: string): Promise<Prometheus> {
  const folder = temporaryFolder("prometheus");
  const [credentials, config] = [join(folder.path, "token"), join(folder.path, "prometheus.yml")];
  writeFileSync(credentials, token, { mode: 0o600 });
  writeFileSync(config, configOf(new URL(target).host, credentials));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(PROGRAM, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder.path, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
  ]);
  const ended = finish(child);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    folder.remove();
  };
  const url = `http://${address}/api/v1`;
  while (!(await isReady(address))) {
    if (child.exitCode !== null) throw new Error(`prometheus ended: ${(await ended).stderr}`);
    await sleep(50);
  }
  // It begins with its scrapes some seconds after it is ready.
  const seen = () => Date.now() / 1000;
  while ((await range(url, "up", { start: seen() - 10, end: seen() })).length === 0) await sleep(100);
  const { data } = Build.parse(await (await fetch(`${url}/status/buildinfo`)).json());
  return { version: data.version, range: (query, span) => range(url, query, span), stop };
}

/** JSON is YAML. */
function configOf(host: string, credentials: string): string {
  return JSON.stringify({
    global: { scrape_interval: `${SCRAPE_SECONDS}s` },
    scrape_configs: [
      {
        job_name: "ledge",
        authorization: { credentials_file: credentials },
        static_configs: [{ targets: [host] }],
      },
    ],
  });
}

async function isReady(address: string): Promise<boolean> {
  return await fetch(`http://${address}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function range(url: string, query: string, { start, end }: Span): Promise<Series[]> {
  const asked = new URLSearchParams({ query, start: `${start}`, end: `${end}`, step: `${SCRAPE_SECONDS}` });
  const answer = await fetch(`${url}/query_range?${asked}`);
  if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`);
  return Matrix.parse(await answer.json()).data.result.map(({ metric, values }) => ({
    labels: metric,
    points: values
      .map(([at, text]) => [at, Number(text)] as const)
      .filter(([, value]) => Number.isFinite(value)),
  }));
}
