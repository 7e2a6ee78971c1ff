/**
 * Real S3 servers as processes of one test file: started on free loopback ports over a temporary folder, ended
 * by their ids. scripts/install-bucket-servers.mjs puts the programs where they are looked for here.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../lib/bucket/settings.ts";
import type { RunningServer } from "./chaos/conformance.ts";
import { root, temporaryFolder } from "./processes.ts";

const installed = join(root, ".cache", "bucket-servers");
const versitygw = join(installed, "versitygw");
const moto = join(installed, "moto", "bin", "moto_server");
const swiftPrograms = ["proxy", "account", "container", "object"].map(
  (name) => `/usr/bin/swift-${name}-server`,
);

const missing = (...files: string[]) => {
  if (process.env.LEDGE_FULL !== "1") return "it takes long, and is left to npm run check:full";
  const absent = files.find((file) => !existsSync(file));
  return absent === undefined ? undefined : `${absent} is not there`;
};

/** Why each cannot run here; undefined where it can. */
export const whyNot = {
  versitygw: missing(versitygw),
  moto: missing(moto),
  swift: missing(...swiftPrograms),
};

const KEYS = { accessKeyId: "CONFORMANCECONFORMAN", secretAccessKey: "s".repeat(40) };

export async function startVersityGw(): Promise<RunningServer> {
  const folder = temporaryFolder("versitygw");
  const port = await freePort();
  const environment = { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey };
  const child = run(versitygw, ["--port", `127.0.0.1:${port}`, "posix", folder.path], environment);
  return ready({ children: [child], port, keys: KEYS, remove: folder.remove });
}

export async function startMoto(): Promise<RunningServer> {
  const port = await freePort();
  const child = run(moto, ["-H", "127.0.0.1", "-p", String(port)]);
  return ready({ children: [child], port, keys: KEYS, remove: () => {} });
}

/** One copy of everything on one device, S3 by s3api, keys by tempauth. */
export async function startSwift(): Promise<RunningServer> {
  const folder = temporaryFolder("swift");
  const port = await freePort();
  mkdirSync(join(folder.path, "devices", "one"), { recursive: true });
  const children: ChildProcess[] = [];
  const behind: number[] = [];
  for (const server of ["account", "container", "object"]) {
    const own = await freePort();
    behind.push(own);
    makeRing(folder.path, server, own);
    children.push(swift(folder.path, server, storageConfiguration(folder.path, server, own)));
  }
  children.push(swift(folder.path, "proxy", proxyConfiguration(folder.path, port)));
  const keys = { accessKeyId: "test:tester", secretAccessKey: "testing" };
  return ready({ children, port, behind, keys, remove: folder.remove });
}

function makeRing(folder: string, server: string, port: number): void {
  const builder = join(folder, `${server}.builder`);
  const steps = [["create", "2", "1", "1"], ["add", `r1z1-127.0.0.1:${port}/one`, "1"], ["rebalance"]];
  for (const step of steps) spawnSync("swift-ring-builder", [builder, ...step], { cwd: folder });
}

function swift(folder: string, server: string, configuration: string): ChildProcess {
  const file = join(folder, `${server}.conf`);
  writeFileSync(file, configuration);
  return run(`/usr/bin/swift-${server}-server`, [file]);
}

function defaults(folder: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${folder}/devices
mount_check = false
fallocate_reserve = 0
`;
}

function storageConfiguration(folder: string, server: string, port: number): string {
  return `${defaults(folder, port)}
[pipeline:main]
pipeline = ${server}-server
[app:${server}-server]
use = egg:swift#${server}
`;
}

function proxyConfiguration(folder: string, port: number): string {
  return `${defaults(folder, port)}
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
# tempauth asks that there be a cache, not that one answers.
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
${["catch_errors", "gatekeeper", "listing_formats", "bulk", "slo", "dlo"].map((name) => `[filter:${name}]\nuse = egg:swift#${name}\n`).join("")}`;
}

function run(
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcess {
  return spawn(program, args, { stdio: "ignore", env: { ...process.env, ...environment } });
}

interface Begun {
  readonly children: readonly ChildProcess[];
  readonly port: number;
  /** Ports of what stands behind it. */
  readonly behind?: readonly number[];
  readonly keys: Pick<BucketSettings, "accessKeyId" | "secretAccessKey">;
  remove(): void;
}

/** Waits for the ports and makes the bucket. */
async function ready({ children, port, behind = [], keys, remove }: Begun): Promise<RunningServer> {
  const stop = async () => {
    await Promise.all(children.map(ended));
    remove();
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const place = { bucketName: "ledge", region: "us-east-1" };
  try {
    for (const one of [...behind, port]) await answering(one, children);
    const client = new S3Client({ endpoint, region: place.region, forcePathStyle: true, credentials: keys });
    await client.send(new CreateBucketCommand({ Bucket: place.bucketName }));
    client.destroy();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    settings: { endpoint, ...place, ...keys, prefix: "ledge", pathStyle: true, integrity: "none" },
    stop,
  };
}

async function answering(port: number, children: readonly ChildProcess[]): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error("the server ended at once");
    if (await connects(port)) return;
    await wait(100);
  }
  throw new Error(`nothing listens on port ${port}`);
}

function connects(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once("close", () => done());
    child.kill("SIGKILL");
  });
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
