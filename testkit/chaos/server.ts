/**
 * An S3 server for tests that can fail in every way a bucket does. Promise: without faults it is strict where
 * the strictest real server is; with them, what it did stands in the journal, and one seed repeats its choices.
 * testkit/chaos/conformance.ts holds it to what real servers do.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../random.ts";
import { answerTo, type Preconditions } from "./answers.ts";
import { type Fault, type Faults, openFaults } from "./faults.ts";
import { type Journal, openJournal, sentOf } from "./journal.ts";
import type { ListDialect } from "./listing.ts";
import { ObjectVersions } from "./objects.ts";
import { ChaosRefusal, errorDocument } from "./refusals.ts";
import { type BucketRequest, readRequest, requirePlain } from "./request.ts";
import { type Access, requireSigned } from "./signature.ts";
import { type ChaosAnswer, write } from "./writing.ts";

export interface ChaosOptions {
  readonly seed?: number;
  readonly bucketName?: string;
  readonly access?: Access;
  readonly region?: string;
  readonly preconditions?: Preconditions;
  readonly lists?: ListDialect;
  /** Objects come with their MD5 or a checksum, as a bucket with Object Lock has it. */
  readonly wantsIntegrity?: boolean;
  /** Publishes what came of an upload that the client cut, as the worst servers do. */
  readonly publishesTorn?: boolean;
  /** A folder that shows the objects as they truly are. */
  readonly folder?: string;
  readonly journalFile?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly port?: number;
}

export interface ChaosServer {
  /** `http://127.0.0.1:<port>`, or https. */
  readonly endpoint: string;
  readonly port: number;
  readonly bucketName: string;
  /** May be set during a run: keys are rotated, a bucket turns out to lie elsewhere, clocks run apart. */
  access: Access;
  region: string;
  clockSkewMs: number;
  /** False leaves the header Date out, with which the SDK corrects its clock. */
  showsDate: boolean;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly objects: ObjectVersions;
  stop(): Promise<void>;
}

export const ACCESS: Access = { accessKeyId: "CHAOSCHAOSCHAOSCHAOS", secretAccessKey: "c".repeat(40) };

/** Starts it on a free port of 127.0.0.1. */
export async function startChaos(options: ChaosOptions = {}): Promise<ChaosServer> {
  const faults = openFaults(seededRandom(options.seed ?? 1));
  const state = {
    bucketName: options.bucketName ?? "ledge",
    access: options.access ?? ACCESS,
    region: options.region ?? "us-east-1",
    clockSkewMs: 0,
    showsDate: true,
    faults,
    journal: openJournal(options.journalFile),
    objects: new ObjectVersions(options.folder),
  };
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    handle({ ...options, ...state, live: started }, message, response).catch(() => message.socket.destroy());
  };
  const http = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  const port = await listening(http, options.port ?? 0);
  const endpoint = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const started: ChaosServer = { ...state, endpoint, port, stop: () => closed(http) };
  return started;
}

interface Context extends ChaosOptions {
  readonly live: ChaosServer;
}

async function handle(context: Context, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { live } = context;
  const request = await readRequest(message, live.bucketName);
  const name = request.method === "LIST" ? (request.query.prefix ?? "") : request.key;
  const fault = live.faults.choose(request.method, name);
  if (fault?.kind === "slow") await wait(fault.delayMs);
  const answer = await judged(context, request, fault);
  const told = answer.status === 0 || isCut(fault) ? undefined : answer.status;
  const sent = request.body === undefined ? undefined : sentOf(request.body);
  const { method, query, headers } = request;
  const { effect, code } = answer;
  live.journal.add({ method, name, query, headers, sent, effect, status: told, code, fault });
  response.sendDate = false;
  if (live.showsDate) response.setHeader("date", new Date(nowMs(live)).toUTCString());
  await write({ message, response, answer, fault, verb: request.verb });
}

function isCut(fault: Fault | undefined): boolean {
  return fault?.kind === "reset" || fault?.kind === "lost" || (fault?.kind === "torn" && !fault.told);
}

/** What the bucket does and would say; nothing is done where the fault says so. */
async function judged(
  context: Context,
  request: BucketRequest,
  fault: Fault | undefined,
): Promise<ChaosAnswer> {
  const { live } = context;
  const none = { effect: { kind: "none" }, headers: {}, body: new Uint8Array(0) } as const;
  if (request.body === undefined) return abandoned(context, request);
  if (fault?.kind === "reset" || fault?.kind === "silence") return { ...none, status: 0 };
  if (fault?.kind === "page") {
    const { status, type, body, headers } = fault;
    return { ...none, status, headers: { "content-type": type, ...headers }, body: Buffer.from(body) };
  }
  try {
    if (fault?.kind === "error") throw new ChaosRefusal(fault.status, fault.code);
    await requireSigned(request, { access: live.access, region: live.region, nowMs: nowMs(live) });
    requirePlain(request, context.wantsIntegrity ?? false);
    if (request.bucket !== live.bucketName) throw new ChaosRefusal(404, "NoSuchBucket");
    return await answerTo(request, fault, {
      objects: live.objects,
      now: new Date(nowMs(live)),
      preconditions: context.preconditions ?? "ignored",
      lists: context.lists ?? { order: "bytes" },
      wantsIntegrity: context.wantsIntegrity ?? false,
    });
  } catch (error) {
    if (!(error instanceof ChaosRefusal)) throw error;
    const body = Buffer.from(errorDocument(error));
    const headers = { "content-type": "application/xml" };
    return { ...none, status: error.status, code: error.code, headers, body };
  }
}

/** The client went away before its request was whole. */
function abandoned({ live, publishesTorn }: Context, { method, key, received }: BucketRequest): ChaosAnswer {
  const none = { status: 0, headers: {}, body: new Uint8Array(0) };
  if (method !== "PUT" || publishesTorn !== true) return { ...none, effect: { kind: "none" } };
  live.objects.put(key, received, "binary/octet-stream", new Date(nowMs(live)));
  return { ...none, effect: { kind: "put", bytes: received } };
}

function nowMs({ clockSkewMs }: ChaosServer): number {
  return Date.now() + clockSkewMs;
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
