/**
 * The components of one thread: their instances, what each may reach, and calls between them.
 * Promise: a request gets an instance that no other request has marked, and its databases are rolled back and
 * closed when it ends, however it ends. Synchronous throughout: a thread runs one request at a time, and a
 * chained call runs nested inside the one that makes it.
 */
import { pathToFileURL } from "node:url";
import type { ComponentGrant, GuestReply, GuestRequest, RenewedVariables } from "../pool/protocol.ts";
import { type Outbound, spinImports } from "../spin/imports.ts";
import { RequestDatabases, type SqliteBackends } from "../spin/sqlite.ts";
import { wasiHttpImports } from "../wasi/http.ts";
import { type GuestOutput, type Waiter, wasiImports } from "../wasi/wasi.ts";
import type { GuestContext } from "./context.ts";
import { type InboundExports, type Instantiate, QuickGuest } from "./quick-guest.ts";
import { type WasiExports, WasiGuest } from "./wasi-guest.ts";

export interface ThreadSettings {
  readonly freshInstances: boolean;
  readonly sqlite: SqliteBackends;
  readonly waiter: Waiter;
  readonly outbound: Outbound;
  output(component: string): GuestOutput;
}

export type GuestResult =
  | { readonly ok: true; readonly reply: GuestReply }
  | { readonly ok: false; readonly trap: string };

/** Who wants to know of an answer before its guest has ended. */
export interface Watch {
  /** The answer is whole; the guest may work on. */
  answered(reply: GuestReply): void;
  ended(): void;
}
const UNWATCHED: Watch = { answered: () => {}, ended: () => {} };

interface Instance<Guest> {
  readonly guest: Guest;
  readonly context: GuestContext;
}

interface Loaded {
  readonly grant: ComponentGrant;
  /** Variables that have changed since the start. */
  readonly renewed: Record<string, string>;
  readonly inbound: Instantiate<InboundExports> | undefined;
  readonly wasi: Instantiate<WasiExports> | undefined;
  /** Ready to be used: reset ones, or made ahead. */
  readonly idleQuick: Instance<QuickGuest>[];
  readonly idleWasi: Instance<WasiGuest>[];
}

export class Guests {
  readonly #components = new Map<string, Loaded>();
  readonly #settings: ThreadSettings;
  /** Work for after the reply has been sent: resets, and instances made ahead. */
  #later: (() => void)[] = [];

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
  }

  /** Imports the JavaScript of a component. All are loaded before the first request. */
  async load(grant: ComponentGrant): Promise<void> {
    const url = pathToFileURL(grant.glueFile).href;
    const entry = { grant, renewed: {}, idleQuick: [], idleWasi: [] };
    if (grant.kind === "inbound-http") {
      const glue: { instantiate: Instantiate<InboundExports> } = await import(url);
      this.#components.set(grant.name, { ...entry, inbound: glue.instantiate, wasi: undefined });
    } else {
      const glue: { instantiate: Instantiate<WasiExports> } = await import(url);
      this.#components.set(grant.name, { ...entry, inbound: undefined, wasi: glue.instantiate });
    }
  }

  /** From now on these variables of a component have these values. */
  renew(component: string, variables: RenewedVariables): void {
    Object.assign(this.#require(component).renewed, variables);
  }

  /** One request to one component. */
  handle(component: string, request: GuestRequest, watch: Watch = UNWATCHED): GuestResult {
    const loaded = this.#require(component);
    if (loaded.inbound !== undefined) {
      return this.#run(
        loaded.idleQuick,
        () => this.#newQuick(loaded),
        (guest) => guest.handle(request),
      );
    }
    return this.#run(
      loaded.idleWasi,
      () => this.#newWasi(loaded),
      (guest) => {
        try {
          return guest.handle(request, (reply) => watch.answered(reply));
        } finally {
          watch.ended();
        }
      },
    );
  }

  /** A call from inside another request: its instance is put in order at once, for the next such call. */
  handleNested(component: string, request: GuestRequest): GuestResult {
    const result = this.handle(component, request);
    this.#later.pop()?.();
    return result;
  }

  /** One tick. Returns what went wrong, if anything did. */
  tick(component: string, timestamp: number): string | undefined {
    const loaded = this.#require(component);
    if (loaded.wasi === undefined) return `${component} does not export handle-cron-event`;
    const done = this.#run(
      loaded.idleWasi,
      () => this.#newWasi(loaded),
      (guest) => ({
        status: 200,
        headers: [],
        body: undefined,
        error: guest.tick(timestamp),
      }),
    );
    return done.ok ? done.reply.error : done.trap;
  }

  /** Makes an instance of a component now, so that the first request does not wait for it. */
  warm(component: string): void {
    const loaded = this.#require(component);
    if (loaded.inbound !== undefined && loaded.idleQuick.length === 0)
      loaded.idleQuick.push(this.#newQuick(loaded));
    if (loaded.wasi !== undefined && loaded.idleWasi.length === 0)
      loaded.idleWasi.push(this.#newWasi(loaded));
  }

  /** Resets and makes ahead; called when the reply is on its way. */
  afterReply(): void {
    const works = this.#later;
    this.#later = [];
    for (const work of works) work();
  }

  #run<Guest extends QuickGuest | WasiGuest, Reply extends GuestReply>(
    idle: Instance<Guest>[],
    make: () => Instance<Guest>,
    call: (guest: Guest) => Reply,
  ): { ok: true; reply: Reply } | { ok: false; trap: string } {
    const instance = idle.pop() ?? make();
    const { guest, context } = instance;
    context.databases = new RequestDatabases(this.#settings.sqlite, context.grant.databases);
    try {
      const reply = call(guest);
      this.#later.push(() => this.#settle(idle, instance, make));
      return { ok: true, reply };
    } catch (error) {
      this.#later.push(() => this.#settle(idle, undefined, make));
      return { ok: false, trap: trapText(error) };
    } finally {
      context.databases.closeAll();
    }
  }

  #settle<Guest extends QuickGuest | WasiGuest>(
    idle: Instance<Guest>[],
    used: Instance<Guest> | undefined,
    make: () => Instance<Guest>,
  ): void {
    if (!this.#settings.freshInstances && used?.guest instanceof QuickGuest && used.guest.reset())
      idle.push(used);
    else if (idle.length === 0) idle.push(make());
  }

  #newQuick(loaded: Loaded): Instance<QuickGuest> {
    const { context, imports } = this.#imports(loaded);
    if (loaded.inbound === undefined)
      throw new Error(`${loaded.grant.name} is not an inbound-http component`);
    return { context, guest: new QuickGuest(loaded.inbound, loaded.grant.modules, imports) };
  }

  #newWasi(loaded: Loaded): Instance<WasiGuest> {
    const { context, imports } = this.#imports(loaded);
    const http = wasiHttpImports(loaded.grant, this.#settings.waiter, this.#settings.outbound);
    if (loaded.wasi === undefined) throw new Error(`${loaded.grant.name} is not a wasi:http component`);
    const all = { ...imports, ...http };
    return { context, guest: new WasiGuest(loaded.wasi, loaded.grant.modules, all, this.#settings.waiter) };
  }

  #imports({ grant, renewed }: Loaded) {
    const { sqlite, waiter, outbound, output } = this.#settings;
    const context: GuestContext = {
      grant,
      renewed,
      databases: new RequestDatabases(sqlite, grant.databases),
    };
    const imports = { ...wasiImports(waiter, output(grant.name)), ...spinImports(context, outbound) };
    return { context, imports };
  }

  #require(component: string): Loaded {
    const loaded = this.#components.get(component);
    if (loaded === undefined) throw new Error(`there is no component ${component}`);
    return loaded;
  }
}

function trapText(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  return typeof error === "object" ? JSON.stringify(error) : String(error);
}
