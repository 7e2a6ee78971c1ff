/**
 * What disasters happen to, as real processes: an origin with its bucket, a relay, a relay of the relay, and two agents, with a
 * link between each two. The origin's link carries TLS where openssl is there to make certificates.
 *
 *     bucket ── origin ──TLS── relay ── ams (a relay, too) ── fra
 *                  └─────TLS───────────── lon (the relay, where the origin does not answer; then the bucket)
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { accessVariablesOf, environmentOf } from "../bucket-settings.ts";
import { makeCertificates } from "../certificates.ts";
import { type Link, openLink } from "../link/link.ts";
import { openProcessClock } from "./clocks.ts";
import { edgeTokenOf, type OriginProcess, startOriginProcess } from "./origin-process.ts";
import { Site, type SiteOptions } from "./site.ts";

export interface DisasterSites {
  readonly origin: OriginProcess;
  readonly relay: Site;
  readonly ams: Site;
  readonly fra: Site;
  readonly lon: Site;
  readonly all: readonly Site[];
  /** By who asks over them. */
  readonly links: Readonly<Record<"relay" | "ams" | "fra" | "lon" | "lonToRelay" | "lonToBucket", Link>>;
  /** Undefined where no certificates can be made. */
  readonly isEncrypted: boolean;
  /** The folder of `fra`'s replica, of 8 MB; undefined where none may be mounted. */
  readonly smallDisk: string | undefined;
  close(): Promise<void>;
}

/** How often faster the clocks of all processes run. */
const SPEED = 10;

export async function openDisasterSites(folder: string): Promise<DisasterSites> {
  const clock = openProcessClock(join(folder, "origin.clock"), SPEED);
  const origin = await startOriginProcess(folder, clock.env);
  const token = await edgeTokenOf(origin);
  const tls = await openTls(folder, origin.port);
  const links: Link[] = [];
  const link = async (port: number) => {
    const made = await openLink({ port });
    links.push(made);
    return made;
  };
  const scheme = tls === undefined ? "http" : "https";
  const fromOrigin = (one: Link) => `${scheme}://127.0.0.1:${one.port}`;
  const from = (one: Link) => `http://127.0.0.1:${one.port}`;
  const trusting = tls === undefined ? {} : { NODE_EXTRA_CA_CERTS: tls.caFile };
  const site = async (name: string, sources: readonly string[], more: Partial<SiteOptions> = {}) => {
    const env = { ...trusting, ...more.env };
    const made = new Site({ name, folder, from: sources, token, speed: SPEED, ...more, env });
    await made.start();
    return made;
  };
  const originPort = tls?.port ?? origin.port;
  const smallDisk = mountSmallDisk();
  const toRelay = await link(originPort);
  const relay = await site("relay", [fromOrigin(toRelay)]);
  const toAms = await link(relay.port);
  const ams = await site("ams", [from(toAms)]);
  const toFra = await link(ams.port);
  const fra = await site(
    "fra",
    [from(toFra)],
    smallDisk === undefined ? {} : { data: join(smallDisk, "data") },
  );
  const [toLon, lonToRelay] = [await link(originPort), await link(relay.port)];
  const { bucket } = origin;
  const lonToBucket = await link(bucket.port);
  const lon = await site("lon", [fromOrigin(toLon), from(lonToRelay), "bucket"], {
    args: ["--bucket", `${from(lonToBucket)}/${bucket.bucketName}/ledge`],
    env: environmentOf(accessVariablesOf(bucket)),
  });
  const all = [relay, ams, fra, lon];
  return {
    origin,
    relay,
    ams,
    fra,
    lon,
    all,
    links: { relay: toRelay, ams: toAms, fra: toFra, lon: toLon, lonToRelay, lonToBucket },
    isEncrypted: tls !== undefined,
    smallDisk,
    async close() {
      await Promise.all(all.map((one) => one.kill()));
      for (const one of links) one.close();
      tls?.server.close();
      await origin.stop();
      if (smallDisk !== undefined) unmount(smallDisk);
    },
  };
}

interface TlsDoor {
  readonly port: number;
  readonly caFile: string;
  readonly server: Server;
}

/** What stands before an origin and ends TLS, as in operation. */
async function openTls(folder: string, to: number): Promise<TlsDoor | undefined> {
  if (spawnSync("openssl", ["version"]).status !== 0) return undefined;
  const at = join(folder, "tls");
  mkdirSync(at);
  const { caFile, key, cert } = makeCertificates(at);
  const server = createServer({ key, cert }, (client) => {
    const target = connect({ port: to, host: "127.0.0.1" });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  // A client whose bytes came over as others.
  server.on("tlsClientError", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a server that listens has a port");
  return { port: address.port, caFile, server };
}

function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "ledge-edge-disk-"));
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
}
