/**
 * What the chaos server holds: every version of every name, so that it can answer as it would have some
 * operations ago. Promise: the true state is always known, and one version is never changed. A folder, when
 * given, holds a copy of the true state for people to look at, one file a name.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Version {
  readonly at: number;
  /** Undefined where the object was taken away. */
  readonly bytes: Uint8Array | undefined;
  readonly contentType: string;
  readonly modified: Date;
}

export interface HeldObject {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly modified: Date;
}

export class ObjectVersions {
  private readonly versions = new Map<string, Version[]>();
  private readonly folder: string | undefined;
  private operations = 0;

  constructor(folder?: string) {
    this.folder = folder;
  }

  put(name: string, bytes: Uint8Array, contentType: string, modified: Date): void {
    this.add(name, { at: this.nextOperation(), bytes, contentType, modified });
    if (this.folder === undefined) return;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, encodeURIComponent(name)), bytes);
  }

  remove(name: string, modified: Date): void {
    this.add(name, { at: this.nextOperation(), bytes: undefined, contentType: "", modified });
    if (this.folder !== undefined) rmSync(join(this.folder, encodeURIComponent(name)), { force: true });
  }

  /** The object as it was `ago` writing operations before; 0 is the truth. */
  find(name: string, ago = 0): HeldObject | undefined {
    const seen = (this.versions.get(name) ?? []).filter(({ at }) => at <= this.operations - ago).at(-1);
    if (seen?.bytes === undefined) return undefined;
    const { bytes, contentType, modified } = seen;
    return { bytes, contentType, modified };
  }

  /** Every name as it was `ago` writing operations before, in order of their bytes. */
  names(ago = 0): string[] {
    const held = [...this.versions.keys()].filter((name) => this.find(name, ago) !== undefined);
    return held.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  }

  /** The true state. */
  state(): Map<string, Uint8Array> {
    return new Map(this.names().map((name) => [name, this.find(name)?.bytes ?? new Uint8Array(0)]));
  }

  private nextOperation(): number {
    this.operations += 1;
    return this.operations;
  }

  private add(name: string, version: Version): void {
    this.versions.set(name, [...(this.versions.get(name) ?? []), version]);
  }
}
