/** What a lane says of itself: how far it is, from where, since when, and what is wrong. Ages go by a clock that never jumps. */
import type { GuardRefusal } from "./guard.ts";
import type { ChangesPage, Place, Source, SourceKind } from "./source.ts";

export interface RefusedRevision extends GuardRefusal {
  readonly revision: number;
}

export interface Trouble {
  readonly code: string;
  readonly detail: string;
  /** The source that it is about. */
  readonly source: string;
}

export class LaneState {
  place: (Place & { readonly epoch: number }) | undefined;
  /** Of a channel: the newest revision among the documents that say where it points. */
  pointer: number | undefined;
  /** Which file is served. */
  from: "current" | "previous" | undefined;
  /** Who answered last; none before anybody did, and while nobody does. */
  source: { readonly kind: SourceKind; readonly name: string } | undefined;
  /** The agents through which what is here has come, while a source answers. */
  via: readonly string[] = [];
  /** The newest revision that a source has named. */
  head = 0;
  /** Of the newest revision that was offered and is not served. */
  refusal: RefusedRevision | undefined;
  trouble: Trouble | undefined;
  /** Documents of a snapshot that is on its way. */
  loaded: number | undefined;
  /** When the state was last known to be the newest, by performance.now(). */
  #contactAtMs: number | undefined;
  /** How old the state was at the source that answered last. */
  #sourceAgeMs = 0;

  opened(
    place: NonNullable<LaneState["place"]>,
    { from, contactMs }: { readonly from: "current" | "previous"; readonly contactMs: number | undefined },
  ): void {
    this.place = place;
    this.from = from;
    // A clock that was set back says that it was in the future.
    if (contactMs !== undefined) this.#contactAtMs = performance.now() - Math.max(0, Date.now() - contactMs);
  }

  closed(): void {
    this.place = undefined;
    this.from = undefined;
  }

  heard(
    source: Pick<Source, "kind" | "name">,
    {
      head,
      ageSeconds = 0,
      via = [],
    }: Pick<ChangesPage, "head"> & Partial<Pick<ChangesPage, "ageSeconds" | "via">>,
  ): void {
    this.source = source;
    this.via = via;
    this.#sourceAgeMs = ageSeconds * 1000;
    this.head = Math.max(this.head, head);
    this.trouble = undefined;
  }

  /** A source has nothing newer. What is offered and refused does not make what is served newer. */
  confirmed(): void {
    if (this.refusal === undefined) this.#contactAtMs = performance.now() - this.#sourceAgeMs;
  }

  pointed(pointer: number): void {
    this.pointer = pointer;
  }

  loading(documents: number): void {
    this.loaded = documents;
  }

  moved(place: NonNullable<LaneState["place"]>): void {
    this.place = place;
    this.from = "current";
    this.loaded = undefined;
    this.refusal = undefined;
    this.#contactAtMs = performance.now() - this.#sourceAgeMs;
  }

  /** Whether that is news. */
  refuses(refusal: RefusedRevision): boolean {
    const same = this.refusal?.code === refusal.code && this.refusal.key === refusal.key;
    this.refusal = refusal;
    return !same;
  }

  troubled(source: Source, { code, detail }: Omit<Trouble, "source">): void {
    if (this.source?.name === source.name) {
      this.source = undefined;
      this.via = [];
    }
    this.trouble = { code, detail, source: source.name };
  }

  /** Seconds since what is served was last known to be the newest; undefined before the first state. */
  ageSeconds(): number | undefined {
    if (this.place === undefined) return undefined;
    return this.#contactAtMs === undefined ? 0 : Math.max(0, (performance.now() - this.#contactAtMs) / 1000);
  }
}
