/**
 * Other servers of configuration, measured as ours are: reads and durable writes of one key by numbers of clients. One that
 * cannot be had is left out, and the reason is said.
 */
import { startConsul } from "./consul.ts";
import { base64, startEtcd } from "./etcd.ts";
import { type Load, requestsPerSecond } from "./load.ts";

/** How much is measured. */
export interface Size {
  readonly clients: readonly number[];
  /** Of each load. */
  readonly seconds: number;
  /** Whether what is not there may be built, which takes minutes. */
  readonly build: boolean;
}

/** Requests a second, by number of clients. */
export type ByClients = ReadonlyMap<number, number>;

/** Another server of configuration, which was measured and is gone. */
export interface Other {
  readonly read: { readonly name: string; readonly rates: ByClients };
  readonly put: { readonly name: string; readonly rates: ByClients };
  /** Whether the goals are said beside it. */
  readonly goals: boolean;
}

export async function byClients(
  { clients: counts }: Size,
  loadOf: (clients: number) => Load,
): Promise<Map<number, number>> {
  const rates = new Map<number, number>();
  for (const clients of counts) rates.set(clients, await requestsPerSecond(loadOf(clients)));
  return rates;
}

export async function besideEtcd(_root: string, size: Size): Promise<Other | undefined> {
  const etcd = await startEtcd();
  if (etcd === undefined) {
    console.error("etcd is left out: it is not installed (Debian: apt-get install etcd-server)");
    return undefined;
  }
  try {
    const post = { method: "POST", seconds: size.seconds } as const;
    const key = JSON.stringify({ key: base64("bench/1") });
    const put = await byClients(size, (clients) => ({
      ...post,
      clients,
      url: `${etcd.url}/v3/kv/put`,
      body: (nth) => JSON.stringify({ key: base64(`bench/${nth % 1000}`), value: base64(`{"nth":${nth}}`) }),
    }));
    const read = await byClients(size, (clients) => ({
      ...post,
      clients,
      url: `${etcd.url}/v3/kv/range`,
      body: () => key,
    }));
    const name = `etcd ${etcd.version}`;
    return {
      read: { name: `${name} range, JSON gateway`, rates: read },
      put: { name: `${name} put, JSON gateway`, rates: put },
      goals: true,
    };
  } finally {
    await etcd.stop();
  }
}

export async function besideConsul(root: string, size: Size): Promise<Other | undefined> {
  const consul = await startConsul(root, size);
  if ("missing" in consul) {
    console.error(`Consul is left out: ${consul.missing}`);
    return undefined;
  }
  try {
    const url = `${consul.url}/v1/kv/bench/1`;
    const { seconds } = size;
    const put = await byClients(size, (clients) => ({
      method: "PUT",
      clients,
      seconds,
      url,
      path: (nth) => `/v1/kv/bench/${nth % 1000}`,
      body: (nth) => JSON.stringify({ nth }),
    }));
    const read = await byClients(size, (clients) => ({ clients, seconds, url }));
    const name = `Consul ${consul.version}`;
    return {
      read: { name: `${name} GET /v1/kv`, rates: read },
      put: { name: `${name} PUT /v1/kv`, rates: put },
      goals: false,
    };
  } finally {
    await consul.stop();
  }
}
