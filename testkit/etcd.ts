/**
 * etcd, where Debian's `etcd-server` is installed: one member on loopback, asked through its JSON gateway, which
 * is how a program without gRPC talks to it.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Etcd {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** Starts it, or undefined when it is not installed. */
export async function startEtcd(): Promise<Etcd | undefined> {
  const asked = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  if (asked.status !== 0) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-etcd-"));
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = spawn(
    "etcd",
    [
      "--data-dir",
      dir,
      "--listen-client-urls",
      url,
      "--advertise-client-urls",
      url,
      "--listen-peer-urls",
      peerUrl,
      "--initial-advertise-peer-urls",
      peerUrl,
      "--initial-cluster",
      `default=${peerUrl}`,
      "--log-level",
      "error",
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  for (let tries = 0; tries < 100; tries += 1) {
    const healthy = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (healthy) break;
    await sleep(100);
  }
  return {
    url,
    version: /etcd Version: (\S+)/.exec(asked.stdout)?.[1] ?? "unknown",
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
