import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildComponent } from "../../build/components.ts";
import { piecesOf } from "../../build/guest-heap.ts";
import { changeSnapshot } from "../../build/snapshot.ts";
import { clearUnread } from "../../build/unread-memory.ts";
import { root, testFolder } from "../../testkit/host.ts";

const ENTRY = `const told = ["first-mark", "second-mark"];
export const inboundHttp = { handleRequest: () => ({ status: 200, headers: [[told[0], "third-mark"]] }) };`;

async function built(): Promise<Buffer> {
  const folder = testFolder();
  writeFileSync(join(folder, "entry.ts"), ENTRY);
  const output = join(folder, "tiny.wasm");
  await buildComponent(root, {
    name: "tiny",
    engine: "quickjs",
    world: "store-http",
    entry: join(folder, "entry.ts"),
    output,
  });
  return readFileSync(output);
}

const HEAP = 4104;

/** A memory as dlmalloc leaves it: its state at 256, then so many chunks of 64 bytes, and the rest free. */
function heapOf(chunks: number): Uint8Array<ArrayBuffer> {
  const memory = new Uint8Array(65536);
  const view = new DataView(memory.buffer);
  const [top, end] = [HEAP + 64 * chunks, memory.length - 56];
  const words = { 268: end - top, 272: HEAP - 8, 280: top, [end + 4]: 56, [top + 4]: (end - top) | 1 };
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, true);
  for (let at = HEAP; at < top; at += 64) view.setUint32(at + 4, 64 | 3, true);
  return memory;
}

test("a component holds each text of its code once, and no code as text", async () => {
  const component = await built();
  const times = (text: string) => component.toString("latin1").split(text).length - 1;
  expect(times("second-mark")).toBe(1);
  expect(times("third-mark")).toBe(1);
  expect(times('"third-mark"')).toBe(0);
  expect(times("=>({status:200")).toBe(0);
});

test("what is in use stays, byte for byte", async () => {
  const component = await built();
  changeSnapshot(component, (memory) => {
    const pieces = piecesOf(memory);
    const before = memory.slice();
    for (const { from, to, used } of pieces) if (!used) memory.fill(0xff, from, to);
    clearUnread(memory, "");
    expect(Buffer.compare(memory, before)).toBe(0);
    expect(pieces.filter(({ used }) => !used).length).toBeGreaterThan(100);
  });
});

test("a snapshot without a change is the same component in other segments", async () => {
  const component = await built();
  const memories: Uint8Array[] = [];
  const again = changeSnapshot(component, (memory) => memories.push(memory.slice()));
  changeSnapshot(again, (memory) => memories.push(memory.slice()));
  expect(memories).toHaveLength(2);
  expect(Buffer.compare(memories[0] ?? component, memories[1] ?? component)).toBe(0);
  expect(Buffer.compare(again, component)).toBe(0);
});

test("a number below the heap that leads into it is not where the heap begins", () => {
  const memory = heapOf(150);
  const pieces = piecesOf(memory);
  expect(pieces).toHaveLength(151);
  // By its looks a free chunk at 1024: all static memory behind it would be cleared, and the program with it.
  const view = new DataView(memory.buffer);
  view.setUint32(1028, (HEAP + 20 * 64 - 1024) | 1, true);
  view.setUint32(HEAP + 20 * 64 + 4, 64 | 2, true);
  view.setUint32(HEAP + 19 * 64 + 4, 64 | 1, true);
  expect(piecesOf(memory).length).toBe(pieces.length);
  expect(piecesOf(memory)[0]).toEqual(pieces[0]);
});

test("memory of another form fails the build", () => {
  expect(() => piecesOf(new Uint8Array(65536))).toThrow("dlmalloc");
  expect(() => piecesOf(new Uint8Array(65536).fill(0x13))).toThrow("dlmalloc");
});

test("a component without a snapshot fails the build", () => {
  expect(() => changeSnapshot(new Uint8Array([0, 0x61, 0x73, 0x6d, 0xd, 0, 1, 0]), () => {})).toThrow(
    "holds a snapshot",
  );
});

test("what a buffer has of the bundle's code is cleared, and a long constant stays", async () => {
  const component = await built();
  const numbers = Array.from({ length: 900 }, (_, n) => n).join();
  const code = `const f = () => [${numbers}]; function g() { return f; }`;
  const constant = JSON.stringify(`select ${numbers}`);
  changeSnapshot(component, (memory) => {
    const buffer = piecesOf(memory).find(({ from, to, used }) => used && to - from > 60_000);
    if (buffer === undefined) throw new Error("there is no large buffer");
    const [codeAt, constantAt] = [buffer.from + 100, buffer.from + 20_000];
    memory.set(Buffer.from(code), codeAt);
    memory.set(Buffer.from(constant), constantAt);
    clearUnread(memory, `${code}\n${constant}`);
    expect(Buffer.from(memory.subarray(codeAt, codeAt + code.length)).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.from(memory.subarray(constantAt, constantAt + constant.length)).toString()).toBe(constant);
  });
});

test("a function's table of lines is cleared with its text, and no other memory", () => {
  const memory = heapOf(150);
  const view = new DataView(memory.buffer);
  const text = "const f=()=>{return 12345}";
  const [, textAt = 0, tableAt = 0, recordAt = 0, otherAt = 0] = piecesOf(memory).map(({ from }) => from);
  memory.set(Buffer.from(text), textAt);
  memory.fill(7, tableAt, tableAt + 24);
  memory.fill(7, otherAt, otherAt + 24);
  // The record's end: the lengths of the text and of the table, and where they are.
  for (const [at, word] of [text.length, 20, tableAt, textAt].entries())
    view.setUint32(recordAt + 4 * at, word, true);
  // The same of a text that is none of a function.
  for (const [at, word] of [text.length + 1, 20, otherAt, textAt].entries())
    view.setUint32(recordAt + 20 + 4 * at, word, true);
  clearUnread(memory, text);
  expect([...memory.subarray(tableAt, tableAt + 24)]).toEqual([...new Array(20).fill(0), 7, 7, 7, 7]);
  expect([...memory.subarray(otherAt, otherAt + 24)]).toEqual(new Array(24).fill(7));
});
