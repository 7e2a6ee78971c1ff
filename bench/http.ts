/**
 * Reads and commits over HTTP with 1, 4 and 16 clients: Ledge on the embedded host, beside the smallest handler
 * on the same host, a bare Node HTTP server, and etcd.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { base64, startEtcd } from "./etcd.ts";
import { requestsPerSecond } from "./load.ts";
import { type BenchRow, rate } from "./rows.ts";

const CLIENTS = [1, 4, 16];

export async function benchHttp(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const server = await startServer(root, dir);
  const bare = await startBare();
  const etcd = await startEtcd();
  try {
    const token = readFileSync(join(dir, "admin-token"), "utf8").trim();
    const etcdRange = etcd === undefined ? undefined : { url: etcd.url, version: etcd.version };
    return [
      ...(await reads(server, token, bare.url, etcdRange)),
      ...(await commits(server, token, etcdRange)),
    ];
  } finally {
    await etcd?.stop();
    await bare.stop();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Peer {
  readonly url: string;
  readonly version: string;
}

async function reads(
  server: Server,
  token: string,
  bareUrl: string,
  etcd: Peer | undefined,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const url = `${server.url}/v1/read/demo?key=limits%2Fapi`;
  const headers = { authorization: `Bearer ${token}` };
  if (etcd !== undefined) await etcdPut(etcd.url, "limits/api");
  for (const clients of CLIENTS) {
    const read = await requestsPerSecond({ url, clients, headers });
    const smallest = await requestsPerSecond({ url: `${server.url}/healthz`, clients });
    const bare = await requestsPerSecond({ url: bareUrl, clients });
    const work = `read of one document, ${clients} client${clients === 1 ? "" : "s"}`;
    rows.push({
      work,
      figure: rate(read),
      beside: `bare Node HTTP server: ${rate(bare)}`,
      ratio: read / bare,
      goal: "≥ 0.2",
    });
    rows.push({
      work,
      figure: rate(read),
      beside: `/healthz, the smallest handler of the same host: ${rate(smallest)}`,
      ratio: read / smallest,
      goal: "≥ 0.6",
    });
    if (etcd !== undefined) {
      const body = () => JSON.stringify({ key: base64("limits/api") });
      const range = await requestsPerSecond({
        url: `${etcd.url}/v3/kv/range`,
        method: "POST",
        clients,
        body,
      });
      rows.push({
        work,
        figure: rate(read),
        beside: `etcd ${etcd.version} range, JSON gateway: ${rate(range)}`,
        ratio: read / range,
        goal: "≥ 1.3",
      });
    }
  }
  return rows;
}

async function commits(server: Server, token: string, etcd: Peer | undefined): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  for (const clients of CLIENTS) {
    const read = await requestsPerSecond({
      url: `${server.url}/v1/read/demo?key=limits%2Fapi`,
      clients,
      headers: { authorization: headers.authorization },
    });
    const body = (nth: number) =>
      JSON.stringify({
        changes: [
          { op: "put", namespace: "demo", key: `bench/${clients}/${nth}`, ifRevision: "any", value: { nth } },
        ],
      });
    const commit = await requestsPerSecond({
      url: `${server.url}/v1/commit`,
      method: "POST",
      clients,
      headers,
      body,
    });
    const work = `commit of one document, ${clients} client${clients === 1 ? "" : "s"}`;
    rows.push({
      work,
      figure: rate(commit),
      beside: `the read beside it: ${rate(read)}`,
      ratio: commit / read,
      ...(clients === 16 ? {} : { goal: "≥ 0.3" }),
    });
    if (etcd !== undefined) {
      const put = await requestsPerSecond({
        url: `${etcd.url}/v3/kv/put`,
        method: "POST",
        clients,
        body: (nth) => JSON.stringify({ key: base64(`bench/${nth}`), value: base64(`{"nth":${nth}}`) }),
      });
      rows.push({
        work,
        figure: rate(commit),
        beside: `etcd ${etcd.version} put, JSON gateway: ${rate(put)}`,
        ratio: commit / put,
      });
    }
  }
  return rows;
}

async function etcdPut(url: string, key: string): Promise<void> {
  await fetch(`${url}/v3/kv/put`, {
    method: "POST",
    body: JSON.stringify({ key: base64(key), value: base64('{"requestsPerSecond":100,"burst":200}') }),
  });
}

async function startBare(): Promise<{ url: string; stop(): Promise<void> }> {
  const body = Buffer.from('{"requestsPerSecond":100,"burst":200}');
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    answer.end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, stop: () => new Promise((done) => server.close(() => done())) };
}
