/**
 * Some thousand requests to a running server, each connection made from its own seed, some at a time. Gives every fault
 * with its seed and its bytes; and holds the store to what was acknowledged: no commit without its answer.
 */
import { seededRandom } from "../random.ts";
import { makeCase } from "./case.ts";
import { sendCase } from "./connection.ts";
import { judge } from "./judge.ts";
import { revisionsOf, Scene } from "./scene.ts";
import type { FuzzCase } from "./sent.ts";

const AT_ONCE = 8;
const ROUND = 250;
const FAULTS_MAX = 20;
const SHOWN_BYTES = 20_000;

export interface FuzzRun {
  readonly requests: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export async function fuzz(
  server: { readonly url: string },
  token: string,
  { seed, requests }: { readonly seed: number; readonly requests: number },
): Promise<FuzzRun> {
  const scene = new Scene(server, token, seededRandom(seed));
  const prepared = await scene.prepare();
  let { callers } = prepared;
  const actors = new Set<string>();
  const faults: string[] = [];
  const answered: Record<string, number> = {};
  const acknowledged = new Set<number>();
  const port = Number(new URL(server.url).port);
  let sent = 0;
  let next = seed;

  const one = async (): Promise<void> => {
    const fuzzCase = makeCase(next++, callers);
    sent += fuzzCase.requests.length;
    const came = await sendCase(port, fuzzCase);
    const { answers, fault } = judge(fuzzCase, came, callers);
    for (const { status, headers, body } of answers) {
      const name =
        status < 500 ? String(status) : `${status} ${/"code":"(\w+)"/.exec(body.toString("latin1"))?.[1]}`;
      answered[name] = (answered[name] ?? 0) + 1;
      if (status < 300)
        for (const revision of revisionsOf(headers, jsonOf(headers, body))) acknowledged.add(revision);
    }
    if (fault !== undefined) faults.push(shown(fuzzCase, fault, came.bytes));
  };
  const work = async (until: number): Promise<void> => {
    while (next < until && sent < requests && faults.length < FAULTS_MAX) await one();
  };

  while (sent < requests && faults.length < FAULTS_MAX) {
    callers = await scene.renewed(callers);
    for (const allowed of [callers.root, callers.writer]) actors.add(allowed.slice(4, 16));
    const until = next + ROUND;
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(until)));
    await scene.mend();
    await scene.readCanary();
  }
  if (faults.length === 0)
    for (const { revision, actor } of await scene.commitsAfter(prepared.base)) {
      if (scene.kept.has(revision)) continue;
      if (!acknowledged.has(revision)) faults.push(`commit ${revision} of ${actor} was told to nobody`);
      else if (!actors.has(actor) && !actor.startsWith("_"))
        faults.push(`commit ${revision} was made by ${actor}`);
    }
  return { requests: sent, answers: answered, faults: faults.slice(0, FAULTS_MAX) };
}

function jsonOf(headers: Readonly<Record<string, string>>, body: Buffer) {
  const isJson = headers["content-type"] === "application/json" && body.length > 0;
  const value = isJson ? JSON.parse(body.toString("utf8")) : undefined;
  return typeof value === "object" && value !== null ? value : undefined;
}

function shown({ seed, pieces }: FuzzCase, fault: string, came: Buffer): string {
  const bytes = (text: Buffer) => JSON.stringify(shortened(text.toString("latin1")).slice(0, SHOWN_BYTES));
  const sizes = pieces.length > 1 ? ` in pieces of ${pieces.slice(0, 20).map(({ length }) => length)}` : "";
  return `LEDGE_SEED=${seed}: ${fault}\nsent${sizes}: ${bytes(Buffer.concat(pieces))}\ncame: ${bytes(came)}`;
}

/** One letter many times over as `x{8000}`. */
function shortened(text: string): string {
  return text.replace(/(.)\1{40,}/gs, (run, letter: string) => `${letter}{${run.length}}`);
}
