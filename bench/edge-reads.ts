/** Reads of an agent in process, beside SQLite alone and beside a Map, on one core and on all. */

import { mkdtempSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { EdgeRead } from "./edge-agents.ts";
import type { EdgeBench } from "./edge-bench.ts";
import { type Library, startLibrary } from "./edge-processes.ts";
import { type BenchRow, middle, rate } from "./rows.ts";

interface Pair {
  readonly work: string;
  readonly own: EdgeRead;
  readonly beside: EdgeRead;
  readonly name: string;
  readonly goal?: string;
}

const PREPARED = "a prepared get of the same rows by better-sqlite3";
const PAIRS: readonly Pair[] = [
  {
    work: "get of 1,000 keys again and again (memory)",
    own: "hot",
    beside: "hot prepared",
    name: PREPARED,
    goal: "≥ 5",
  },
  { work: "get of 1,000 keys again and again (memory)", own: "hot", beside: "map", name: "a Map" },
  {
    work: "get of every key in turn (SQLite)",
    own: "all",
    beside: "all prepared parsed",
    name: `${PREPARED}, and JSON.parse`,
    goal: "≥ 1",
  },
  {
    work: "get of every key in turn (SQLite)",
    own: "all",
    beside: "all prepared",
    name: `${PREPARED}, the bytes alone`,
  },
];
const GOAL_PER_SECOND = 180_000;

export async function inProcessRows(bench: EdgeBench): Promise<BenchRow[]> {
  const { root, dir, origin, full } = bench;
  const [turns, seconds] = full ? [5, 1] : [1, 0.3];
  const libraries: Library[] = [];
  try {
    for (let nth = 0; nth < availableParallelism(); nth += 1) {
      const library = await startLibrary(root);
      libraries.push(library);
      await library.carryOut({
        do: "open",
        ...origin,
        namespace: "bench",
        folders: [mkdtempSync(join(dir, "reads-"))],
      });
    }
    const rows: BenchRow[] = [];
    for (const cores of new Set([1, libraries.length]))
      for (const pair of PAIRS) rows.push(await pairRow(pair, libraries.slice(0, cores), { turns, seconds }));
    return rows;
  } finally {
    for (const library of libraries) await library.end();
  }
}

async function pairRow(
  { work, own, beside, name, goal }: Pair,
  libraries: readonly Library[],
  { turns, seconds }: { readonly turns: number; readonly seconds: number },
): Promise<BenchRow> {
  const cores = libraries.length;
  const together = async (what: EdgeRead) => {
    const said = await Promise.all(libraries.map((one) => one.carryOut({ do: "read", what, seconds })));
    return said.reduce((sum, { figure }) => sum + figure, 0);
  };
  const measured: { readonly own: number; readonly beside: number }[] = [];
  for (let turn = 0; turn < turns; turn += 1)
    measured.push({ own: await together(own), beside: await together(beside) });
  const one = middle(measured, (each) => each.own / each.beside);
  const all = cores > 1 ? `; ${GOAL_PER_SECOND.toLocaleString("en-US")}/s is the goal on two` : "";
  return {
    work: `in process, on ${cores} core${cores === 1 ? "" : "s"}: ${work}`,
    figure: `${rate(one.own)}${all}`,
    beside: `${name}: ${rate(one.beside)}`,
    ratio: one.own / one.beside,
    ...(goal === undefined ? {} : { goal }),
  };
}
