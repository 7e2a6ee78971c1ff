/**
 * `npm run bench [PART …]` prints a table, in a few minutes; `--full` takes the sizes and the times of the kept tables. With
 * `--write` each part's goes to its place in docs with the command and the machine. Ratios are what counts:
 * times are of this machine and this moment.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { benchExport } from "./backup.ts";
import { benchBeside } from "./beside.ts";
import { benchConsole } from "./console.ts";
import { benchCost } from "./cost.ts";
import { benchData } from "./data.ts";
import { benchEdge } from "./edge.ts";
import { benchFirstAnswer } from "./first-answer.ts";
import { benchGrowth } from "./growth.ts";
import { benchGuestCost } from "./guest-cost.ts";
import { benchHttp } from "./http.ts";
import { benchParked } from "./parked.ts";
import { draw } from "./plots.ts";
import { benchRestore } from "./restore.ts";
import { asMarkdown, type BenchForm, type BenchPart, type BenchRow } from "./rows.ts";
import { benchScale } from "./scale.ts";
import { benchStart } from "./start.ts";
import { benchStore } from "./store.ts";

const parts: Readonly<Record<string, (root: string, form: BenchForm) => Promise<BenchPart | BenchRow[]>>> = {
  store: benchStore,
  http: benchHttp,
  guest: benchGuestCost,
  growth: benchGrowth,
  beside: benchBeside,
  parked: benchParked,
  data: benchData,
  start: benchStart,
  export: benchExport,
  restore: benchRestore,
  cost: benchCost,
  "first-answer": benchFirstAnswer,
  console: benchConsole,
  edge: benchEdge,
  scale: benchScale,
};

const FLAGS: readonly string[] = ["--full", "--write"];

export async function main(root: string, args: readonly string[]): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const flags = args.filter((argument) => argument.startsWith("-"));
  const names = args.filter((argument) => !argument.startsWith("-"));
  const unknown = [
    ...flags.filter((flag) => !FLAGS.includes(flag)),
    ...names.filter((name) => !(name in parts)),
  ];
  if (unknown.length > 0) {
    console.error(
      `unknown: ${unknown.join(", ")}; there are the parts ${Object.keys(parts).join(", ")}, and ${FLAGS.join(", ")}`,
    );
    return 2;
  }
  const [write, full] = [flags.includes("--write"), flags.includes("--full")];
  const rows: BenchRow[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`measuring: ${name} …`);
    const startedMs = performance.now();
    const measured = await part(root, { full });
    const {
      rows: own,
      plots = [],
      page = "benchmarks.md",
    }: BenchPart = Array.isArray(measured) ? { rows: measured } : measured;
    console.error(
      `${asMarkdown(own)}\n${name} took ${Math.round((performance.now() - startedMs) / 1000)} s\n`,
    );
    rows.push(...own);
    if (!write) continue;
    writeTable(join(root, "docs", page), full ? `${name} --full` : name, own);
    if (plots.length > 0) await draw(root, plots);
  }
  console.log(asMarkdown(rows));
  return 0;
}

/** Replaces the table of a part between its marks; the words around it are written by hand. */
function writeTable(file: string, asked: string, rows: readonly BenchRow[]): void {
  const [name = ""] = asked.split(" ");
  const text = readFileSync(file, "utf8");
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const table = `${start}\nMeasured with \`npm run bench -- ${asked} --write\` on ${machine}; the load comes from the same machine.\n\n${asMarkdown(rows)}\n${end}`;
  writeFileSync(
    file,
    text.slice(0, text.indexOf(start)) + table + text.slice(text.indexOf(end) + end.length),
  );
}
