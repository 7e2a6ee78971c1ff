/** A StarlingMonkey probe: fetch, gzip, the store, both triggers. */

import { formatHex } from "../../lib/core/hex.ts";
import type { HttpRequest } from "../../lib/core/http.ts";
import { serveScheduled } from "../../lib/engines/starling/serve.ts";
import type { World } from "../../lib/http/world.ts";
import { openCipher } from "../../lib/snapshot/cipher.ts";
import { parseObjectKeys } from "../../lib/snapshot/key-text.ts";
import { openSigner, openVerifier } from "../../lib/snapshot/signature.ts";

let counter = 0;
/** What is signed is a manifest: a few kilobytes. */
const MANIFEST_BYTES = 4096;

export const { handleCronEvent } = serveScheduled(async (request, world, trigger, later) => {
  counter += 1;
  if (trigger.kind === "cron") {
    world.db.all("create table if not exists tick(due_ms integer, counter integer)");
    world.db.all("insert into tick values(?, ?)", [trigger.dueAtMs, counter]);
    const failing = world.variable("word") === "fail";
    return { status: failing ? 500 : 200, headers: [], body: "" };
  }
  if (request.uri.startsWith("/scheduled/later")) {
    later(() => workOn(request.uri.split("?")[1] ?? "", world));
    return { status: 202, headers: [], body: "later" };
  }
  const body = JSON.stringify(await probe(request, world));
  return { status: 200, headers: [["content-type", "application/json"]], body };
});

async function probe(request: HttpRequest, world: World): Promise<unknown> {
  const path = request.uri.split("?", 1)[0];
  switch (path) {
    case "/scheduled/count":
      return { counter };
    case "/scheduled/echo":
      return { ...request, headers: request.headers, body: new TextDecoder().decode(request.body) };
    case "/scheduled/fetch":
      return fetched(decodeURIComponent(request.uri.split("?")[1] ?? ""), request.body);
    case "/scheduled/gzip":
      return { sizeBytes: (await gzip(request.body)).length };
    case "/scheduled/keys":
      return useKeys(request.body);
    case "/scheduled/sql":
      return world.db.all("select ?1, typeof(?1), ?2, x'0102'", [41, "é"]).map((row) => row.map(String));
    case "/scheduled/sleep":
      await new Promise((resolve) => setTimeout(resolve, 50));
      return "slept";
    case "/scheduled/loop":
      for (;;) counter += 1;
    case "/scheduled/never":
      return new Promise(() => {});
    default:
      throw new Error("no such probe");
  }
}

/** What an instance does after its answer: sleeps for so many milliseconds and notes it, or worse. */
async function workOn(what: string, world: World): Promise<void> {
  if (what === "throw") throw new Error("thrown after the answer");
  for (; what === "loop"; ) counter += 1;
  await new Promise((resolve) => setTimeout(resolve, Number(what)));
  world.db.all("create table if not exists later(counter integer)");
  world.db.all("insert into later values(?)", [counter]);
}

async function fetched(url: string, body: Uint8Array): Promise<unknown> {
  try {
    const init = body.length > 0 ? { method: "PUT", body, headers: { "x-probe": "1" } } : {};
    const response = await fetch(url, init);
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return { error: String(error) };
  }
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The body: a line of JSON with keys, and what is to be signed and sealed. Tells how long it took, too. */
async function useKeys(body: Uint8Array): Promise<unknown> {
  const end = body.indexOf(10);
  const { secret, trusted, objectKeys, nonce } = JSON.parse(new TextDecoder().decode(body.subarray(0, end)));
  const bytes = new Uint8Array(body.subarray(end + 1));
  const manifest = bytes.slice(0, MANIFEST_BYTES);
  const keys = parseObjectKeys(objectKeys);
  if (!keys.ok) throw new Error(keys.detail);
  const [signer, openMs] = await timed(() => openSigner(secret));
  const [signature, signMs] = await timed(() => signer.sign(manifest));
  const verifier = openVerifier([trusted]);
  const [valid, verifyMs] = await timed(() => verifier.verify(signer.keyId, signature, manifest));
  const cipher = openCipher(keys.value, () => Uint8Array.from(nonce));
  const [sealed, sealMs] = await timed(async () => cipher.seal("an/object", bytes));
  const [opened, unsealMs] = await timed(async () => cipher.open("an/object", sealed));
  return {
    keyId: signer.keyId,
    signature,
    valid,
    sealedSha256: formatHex(new Uint8Array(await crypto.subtle.digest("SHA-256", sealed))),
    opened: opened.kind,
    ms: { open: openMs, sign: signMs, verify: verifyMs, seal: sealMs, unseal: unsealMs },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await work();
  return [result, performance.now() - started];
}
