import { describe, expect, test } from "vitest";
import { exportMutableGlobals } from "../../../programs/host/guests/patches.ts";
import {
  type InboundExports,
  type Instantiate,
  QuickGuest,
} from "../../../programs/host/guests/quick-guest.ts";
import { SMALL_MODULE } from "../../../testkit/small-module.ts";

/** A guest whose request writes to memory, moves the global, and leaves a handle. */
function openGuest() {
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [
    exportMutableGlobals(SMALL_MODULE),
  ]);
  const g: WebAssembly.Global = Reflect.construct(WebAssembly.Global, [{ value: "i32", mutable: true }, 1]);
  const seen: { handles: number; exports: Record<string, unknown> } = { handles: 0, exports: {} };
  const instantiate: Instantiate<InboundExports> = (_get, _imports, core) => {
    seen.exports = core(module, { m: { g } }).exports;
    return {
      inboundHttp: {
        handleRequest() {
          const { bump, m } = seen.exports;
          if (!(m instanceof WebAssembly.Memory) || typeof bump !== "function") throw new Error("no module");
          bump();
          new Uint8Array(m.buffer).fill(1, 0, 100);
          new Uint8Array(m.buffer).fill(1, m.buffer.byteLength - 100);
          seen.handles += 1;
          return { status: 200, headers: undefined, body: undefined };
        },
      },
      $reset() {
        seen.handles = 0;
      },
    };
  };
  return { guest: new QuickGuest(instantiate, {}, {}), seen, instantiate };
}

function bytesOf(memory: unknown): Uint8Array<ArrayBuffer> {
  if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
  return new Uint8Array(memory.buffer);
}

describe("QuickGuest", () => {
  test("is as it was after a reset: memory, what grew of it, globals, handles", () => {
    const { guest, seen } = openGuest();
    const { m, "ledge:global:1": global } = seen.exports;
    if (!(m instanceof WebAssembly.Memory) || !(global instanceof WebAssembly.Global))
      throw new Error("no module");
    const request = { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) };
    expect(guest.handle(request).status).toBe(200);
    expect([global.value, seen.handles, new Uint8Array(m.buffer).some((byte) => byte !== 0)]).toEqual([
      9,
      1,
      true,
    ]);
    expect(guest.reset()).toBe(true);
    expect([global.value, seen.handles, new Uint8Array(m.buffer).some((byte) => byte !== 0)]).toEqual([
      5,
      0,
      false,
    ]);
  });

  test("has after a reset the zeros in front and what stands behind them", () => {
    const { seen, instantiate } = openGuest();
    let first = new Uint8Array(0);
    const filled: Instantiate<InboundExports> = (get, imports, core) => {
      const made = instantiate(get, imports, core);
      const bytes = bytesOf(seen.exports.m);
      bytes.fill(7, 5000, 5100);
      first = bytes.slice();
      return made;
    };
    const guest = new QuickGuest(filled, {}, {});
    guest.handle({ method: "GET", uri: "/", headers: [], body: new Uint8Array(0) });
    bytesOf(seen.exports.m).fill(1, 4990, 5050);
    expect(guest.reset()).toBe(true);
    expect(Buffer.compare(bytesOf(seen.exports.m).subarray(0, first.length), first)).toBe(0);
  });

  test("is not worth a reset once its memory has grown far", () => {
    const { guest } = openGuest();
    const request = { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) };
    for (let left = 9; left > 0; left -= 1) guest.handle(request);
    expect(guest.reset()).toBe(false);
  });

  test("answers 405 to a method that the interface lacks, without asking the guest", () => {
    const { guest, seen } = openGuest();
    expect(guest.handle({ method: "PROPFIND", uri: "/", headers: [], body: new Uint8Array(0) }).status).toBe(
      405,
    );
    expect(seen.handles).toBe(0);
  });
});
