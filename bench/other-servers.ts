/**
 * Other servers of configuration, measured as ours are: reads and durable writes of one key by numbers of clients. One that
 * cannot be had is left out, and the reason is said.
 */
import { startConsul } from "../testkit/consul.ts";
import { base64, startEtcd } from "../testkit/etcd.ts";
import type { Load } from "./load.ts";

/** Another server of configuration, which runs. */
export interface Other {
  readonly read: { readonly name: string; load(run: Run): Load };
  readonly put: { readonly name: string; load(run: Run): Load };
  /** Whether the goals are said beside it. */
  readonly goals: boolean;
  stop(): Promise<void>;
}

export type Run = Pick<Load, "clients" | "seconds">;

/** Starts those that can be had; `build` says whether what is not there may be built, which takes minutes. */
export async function startOthers(root: string, options: { readonly build: boolean }): Promise<Other[]> {
  const started = [await etcd(), await consul(root, options)];
  return started.filter((other) => other !== undefined);
}

async function etcd(): Promise<Other | undefined> {
  const running = await startEtcd();
  if (running === undefined) {
    console.error("etcd is left out: it is not installed (Debian: apt-get install etcd-server)");
    return undefined;
  }
  const { url, version, stop } = running;
  const method = "POST";
  const key = JSON.stringify({ key: base64("bench/1") });
  const body = (nth: number) =>
    JSON.stringify({ key: base64(`bench/${nth % 1000}`), value: base64(`{"nth":${nth}}`) });
  return {
    read: {
      name: `etcd ${version} range, JSON gateway`,
      load: (run) => ({ ...run, method, url: `${url}/v3/kv/range`, body: () => key }),
    },
    put: {
      name: `etcd ${version} put, JSON gateway`,
      load: (run) => ({ ...run, method, url: `${url}/v3/kv/put`, body }),
    },
    goals: true,
    stop,
  };
}

async function consul(root: string, options: { readonly build: boolean }): Promise<Other | undefined> {
  const running = await startConsul(root, options);
  if ("missing" in running) {
    console.error(`Consul is left out: ${running.missing}`);
    return undefined;
  }
  const url = `${running.url}/v1/kv/bench/1`;
  return {
    read: { name: `Consul ${running.version} GET /v1/kv`, load: (run) => ({ ...run, url }) },
    put: {
      name: `Consul ${running.version} PUT /v1/kv`,
      load: (run) => ({
        ...run,
        method: "PUT",
        url,
        path: (nth) => `/v1/kv/bench/${nth % 1000}`,
        body: (nth) => JSON.stringify({ nth }),
      }),
    },
    goals: false,
    stop: running.stop,
  };
}
