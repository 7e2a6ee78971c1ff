/**
 * The auditor: replays a chaos server's journal and says what no exporter may ever have done. Promise: it
 * judges by what was stored, at the moment each request took effect, and knows nothing of how exporting works
 * but the format: manifests name objects, a base's index names parts, only heads are written over.
 */
import { BaseIndex, Manifest, ManifestSeal } from "../../lib/snapshot/schemas.ts";
import { type Journal, type Sent, sentOf } from "./journal.ts";

export type Offence =
  /** A manifest was accepted that names an object which was not there. */
  | "names_absent"
  /** … which was there with another size or hash. */
  | "names_different"
  /** An object was taken away while a manifest that names it stood. */
  | "removed_in_use"
  /** An object that a standing manifest names became another one. */
  | "changed_in_use"
  /** Two different contents were sent under one name. */
  | "written_twice"
  /** A claim was written over with another one. */
  | "claim_overwritten"
  /** What the journal says was stored is not what is there. */
  | "journal_incomplete";

export interface AuditFinding {
  readonly offence: Offence;
  readonly name: string;
  /** The journal's entry; 0 for the state at the end. */
  readonly order: number;
  readonly detail: string;
}

/** `prefix` is what stands before all names, with its slash. `state` is what the bucket truly holds at the end. */
export function audit(
  entries: Journal["entries"],
  { prefix, state }: { prefix: string; state: ReadonlyMap<string, Uint8Array> },
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const held = new Map<string, Uint8Array>();
  const sent = new Map<string, string>();
  const standing = new Map<string, Named[]>();
  for (const { order, method, name, sent: body, effect } of entries) {
    if (!name.startsWith(prefix)) continue;
    const own = name.slice(prefix.length);
    const report = (offence: Offence, about: string, detail: string) =>
      findings.push({ offence, name: about, order, detail });
    if (method === "PUT" && body !== undefined) judgeSent(own, body, sent, report);
    if (effect.kind === "none") continue;
    if (effect.kind === "put") held.set(own, effect.bytes);
    else held.delete(own);
    judgeStanding(own, held, standing, report);
    if (!isManifest(own)) continue;
    if (effect.kind === "remove") standing.delete(own);
    else judgeManifest(own, effect.bytes, { held, standing, report });
  }
  judgeState(held, state, prefix, findings);
  return findings;
}

/** What a manifest names, itself or through a base's index. */
interface Named extends Sent {
  readonly name: string;
}

type Report = (offence: Offence, name: string, detail: string) => void;

/** By its name, without the prefix. */
export function isManifest(name: string): boolean {
  return /^[0-9a-f]{32}\/manifests\//.test(name);
}

/** A repeat of the same bytes is what a lost answer makes of a PUT; other bytes are an offence. */
function judgeSent(name: string, body: Sent, sent: Map<string, string>, report: Report): void {
  if (name.startsWith("heads/")) return;
  const before = sent.get(name);
  sent.set(name, body.sha256);
  if (before === undefined || before === body.sha256) return;
  const offence = name.startsWith("epochs/") ? "claim_overwritten" : "written_twice";
  report(offence, name, `first ${before}, then ${body.sha256}`);
}

/** The object `name` has just changed: whoever names it must still find what it named. */
function judgeStanding(
  name: string,
  held: ReadonlyMap<string, Uint8Array>,
  standing: ReadonlyMap<string, readonly Named[]>,
  report: Report,
): void {
  for (const [manifest, objects] of standing) {
    for (const object of objects) {
      if (object.name !== name) continue;
      const bytes = held.get(name);
      if (bytes === undefined) report("removed_in_use", name, `${manifest} names it`);
      else if (!isSame(object, bytes)) report("changed_in_use", name, `${manifest} names it`);
    }
  }
}

interface ManifestContext {
  readonly held: ReadonlyMap<string, Uint8Array>;
  readonly standing: Map<string, Named[]>;
  readonly report: Report;
}

/** A manifest that cannot be read (a torn one) names nothing: no reader takes it. */
function judgeManifest(name: string, bytes: Uint8Array, { held, standing, report }: ManifestContext): void {
  const manifest = parseManifest(bytes);
  if (manifest === undefined) {
    standing.delete(name);
    return;
  }
  const named: Named[] = [];
  const require = (object: Named): Uint8Array | undefined => {
    named.push(object);
    const there = held.get(object.name);
    if (there === undefined) report("names_absent", object.name, `${name} names it`);
    else if (!isSame(object, there)) report("names_different", object.name, `${name} names it`);
    else return there;
    return undefined;
  };
  for (const object of manifest.objects) {
    const there = require(object);
    if (object.kind !== "base" || there === undefined) continue;
    const index = BaseIndex.safeParse(parseJson(Buffer.from(there).toString()));
    if (!index.success) report("names_different", object.name, "it is not the index of a base");
    else for (const part of index.data.parts) require(part);
  }
  standing.set(name, named);
}

/** Undefined when a reader would refuse it. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  const [line = "", sealLine = "", end] = Buffer.from(bytes).toString().split("\n");
  const seal = ManifestSeal.safeParse(parseJson(sealLine));
  if (end !== "" || !seal.success || seal.data.sha256 !== sentOf(Buffer.from(line)).sha256) return undefined;
  const manifest = Manifest.safeParse(parseJson(line));
  return manifest.success ? manifest.data : undefined;
}

function isSame(named: Sent, bytes: Uint8Array): boolean {
  const { sizeBytes, sha256 } = sentOf(bytes);
  return sizeBytes === named.sizeBytes && sha256 === named.sha256;
}

function judgeState(
  held: ReadonlyMap<string, Uint8Array>,
  state: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  findings: AuditFinding[],
): void {
  const there = new Map([...state].filter(([name]) => name.startsWith(prefix)));
  const names = new Set([...held.keys(), ...[...there.keys()].map((name) => name.slice(prefix.length))]);
  for (const name of names) {
    const [noted, found] = [held.get(name), there.get(prefix + name)];
    const same = noted !== undefined && found !== undefined && Buffer.compare(noted, found) === 0;
    if (!same) findings.push({ offence: "journal_incomplete", name, order: 0, detail: "the state differs" });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
