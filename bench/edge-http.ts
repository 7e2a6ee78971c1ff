/** Reads of `ledge agent` over HTTP, beside a bare Node server that answers the same bytes and beside etcd. */

import { base64, startEtcd } from "../testkit/etcd.ts";
import { startBare } from "./bare.ts";
import type { EdgeBench } from "./edge-bench.ts";
import type { AgentProcess } from "./edge-processes.ts";
import { type Load, type Measured, measureLoad } from "./load.ts";
import { type BenchRow, latencies, middle, rate } from "./rows.ts";

interface Beside {
  readonly name: string;
  readonly load: Pick<Load, "url" | "method" | "body">;
  readonly goal?: string;
}

const CLIENTS = { full: [1, 4, 16], quick: [1, 16] };
/** Documents that are asked for in turn. */
const IN_TURN = 2000;

export async function httpRows(
  { documents, origin, full }: EdgeBench,
  agent: AgentProcess,
): Promise<BenchRow[]> {
  const { key, value } = middle(documents, (one) => one.value.length);
  const pathOf = (one: string) => `/v1/read/bench?key=${encodeURIComponent(one)}`;
  const headers = { authorization: `Bearer ${origin.token}` };
  const [turns, seconds] = full ? [3, 3] : [1, 1];
  const bare = await startBare(value);
  const etcd = await startEtcd();
  try {
    const beside: Beside[] = [
      { name: "bare Node HTTP server, the same bytes", load: { url: bare.url }, goal: "≥ 0.5" },
    ];
    if (etcd === undefined)
      console.error("etcd is left out: it is not installed (Debian: apt-get install etcd-server)");
    else beside.push(await etcdWith(etcd, { key, value }));
    const works = [
      {
        work: `read of one document of ${value.length} bytes`,
        load: { url: agent.url + pathOf(key), headers },
      },
      {
        work: `reads of ${IN_TURN.toLocaleString("en-US")} documents in turn`,
        load: {
          url: agent.url,
          headers,
          path: (nth: number) => pathOf(documents[(nth * 10) % documents.length]?.key ?? ""),
        },
      },
    ];
    const rows: BenchRow[] = [];
    for (const { work, load } of works) {
      await measureLoad({ ...load, clients: 16, seconds });
      for (const clients of full ? CLIENTS.full : CLIENTS.quick) {
        const run = { clients, seconds };
        rows.push(
          ...(await inTurn(`${work}, ${clients} client${clients === 1 ? "" : "s"}`, {
            load,
            beside,
            run,
            turns,
          })),
        );
      }
    }
    return rows;
  } finally {
    bare.stop();
    await etcd?.stop();
  }
}

async function inTurn(
  work: string,
  {
    load,
    beside,
    run,
    turns,
  }: {
    readonly load: Pick<Load, "url">;
    readonly beside: readonly Beside[];
    readonly run: Pick<Load, "clients" | "seconds"> & { readonly clients: number };
    readonly turns: number;
  },
): Promise<BenchRow[]> {
  const measured: { readonly own: Measured; readonly others: readonly Measured[] }[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const own = await measureLoad({ ...load, ...run });
    const others: Measured[] = [];
    for (const one of beside) others.push(await measureLoad({ ...one.load, ...run }));
    measured.push({ own, others });
  }
  return beside.map(({ name, goal }, at) => {
    const pairs = measured.map(({ own, others }) => ({ own, other: others[at]?.perSecond ?? 0 }));
    const { own, other } = middle(pairs, (pair) => pair.own.perSecond / pair.other);
    return {
      work: `over HTTP: ${work}`,
      figure: `${rate(own.perSecond)}, ${latencies(own)}`,
      beside: `${name}: ${rate(other)}`,
      ratio: own.perSecond / other,
      ...(goal === undefined ? {} : { goal }),
    };
  });
}

async function etcdWith(
  { url, version }: { readonly url: string; readonly version: string },
  { key, value }: { readonly key: string; readonly value: string },
): Promise<Beside> {
  const put = JSON.stringify({ key: base64(key), value: base64(value) });
  await fetch(`${url}/v3/kv/put`, { method: "POST", body: put });
  const asked = JSON.stringify({ key: base64(key) });
  return {
    name: `etcd ${version} range, JSON gateway, the same document`,
    load: { url: `${url}/v3/kv/range`, method: "POST", body: () => asked },
  };
}
