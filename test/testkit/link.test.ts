/** The link that fails as it is told: what tests between two of ours rely on. */
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Link, type LinkOptions, openLink } from "../../testkit/link/link.ts";
import { dueMs, OPEN } from "../../testkit/link/ways.ts";
import { listenOnLoopback } from "../../testkit/loopback.ts";

/** A server that says everything again, and a link to it. */
async function openEcho(options: Partial<LinkOptions> = {}): Promise<Link> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  const link = await openLink({ port: await listenOnLoopback(server), ...options });
  onTestFinished(() => {
    link.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return link;
}

interface Caller {
  say(text: string | Buffer): void;
  /** The side is closed, and the other is still heard. */
  end(): void;
  heard(): string;
  /** `end`, or the code of the error that ended it; undefined while it is open. */
  ended(): string | undefined;
}

function call({ port }: Link): Caller {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const pieces: Buffer[] = [];
  let ended: string | undefined;
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.on("end", () => {
    ended ??= "end";
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    ended ??= error.code;
  });
  return {
    say: (text) => void socket.write(text),
    end: () => void socket.end(),
    heard: () => Buffer.concat(pieces).toString("latin1"),
    ended: () => ended,
  };
}

test("a link carries bytes both ways, counts them, and passes on that a side has ended", async () => {
  const link = await openEcho();
  const one = call(link);
  one.say("hello");
  await expect.poll(one.heard).toBe("hello");
  expect(link.counts()).toEqual({ connections: 1, open: 1, bytesThere: 5, bytesBack: 5, bytesWaiting: 0 });
  one.say("!");
  one.end();
  await expect.poll(one.ended).toBe("end");
  expect(one.heard()).toBe("hello!");
  await expect.poll(() => link.counts().open).toBe(0);
});

test("a link that is cut resets what is open, and lets others in", async () => {
  const link = await openEcho();
  const [one, two] = [call(link), call(link)];
  await expect.poll(() => link.counts().open).toBe(2);
  link.cut();
  await expect.poll(() => [one.ended(), two.ended()]).toEqual(["ECONNRESET", "ECONNRESET"]);
  const three = call(link);
  three.say("again");
  await expect.poll(three.heard).toBe("again");
  expect(link.counts()).toMatchObject({ connections: 3, open: 1 });
});

test("a link that refuses lets nobody in until it is healed, and keeps what is open", async () => {
  const link = await openEcho();
  const one = call(link);
  await expect.poll(() => link.counts().open).toBe(1);
  link.refuse();
  await expect.poll(call(link).ended).toBe("ECONNREFUSED");
  one.say("still");
  await expect.poll(one.heard).toBe("still");
  await link.heal();
  const two = call(link);
  two.say("back");
  await expect.poll(two.heard).toBe("back");
});

test("a link that is held accepts and says nothing, and goes on when it is healed", async () => {
  const link = await openEcho();
  const one = call(link);
  one.say("1");
  await expect.poll(one.heard).toBe("1");
  link.hold();
  one.say("2");
  const two = call(link);
  two.say("a");
  await expect.poll(() => link.counts()).toMatchObject({ connections: 2, bytesWaiting: 1 });
  expect([one.heard(), two.heard(), link.counts().bytesThere]).toEqual(["1", "", 1]);
  one.say("3");
  one.end();
  await link.heal();
  await expect.poll(() => [one.heard(), one.ended(), two.heard()]).toEqual(["123", "end", "a"]);
});

test("a link that is held is cut all the same", async () => {
  const link = await openEcho();
  link.hold();
  const one = call(link);
  one.say("x");
  await expect.poll(() => link.counts().open).toBe(1);
  link.cut();
  await expect.poll(one.ended).toBe("ECONNRESET");
  await expect.poll(() => link.counts().open).toBe(0);
});

test("a link that delays keeps what is under way until the time is over or another", async () => {
  const link = await openEcho();
  const one = call(link);
  one.say("first");
  await expect.poll(one.heard).toBe("first");
  link.delay(3_600_000);
  one.say("second");
  await expect.poll(() => link.counts().bytesWaiting).toBe(6);
  expect(one.heard()).toBe("first");
  link.delay(5);
  one.say("third");
  await expect.poll(one.heard).toBe("firstsecondthird");
});

test("a link with a limit lets so much over, and all the rest when it is lifted", async () => {
  const link = await openEcho();
  const one = call(link);
  link.limit(20);
  one.say("x".repeat(100_000));
  await expect.poll(() => one.heard().length).toBeGreaterThan(1);
  expect(one.heard().length).toBeLessThan(100_000);
  await link.heal();
  await expect.poll(() => one.heard().length).toBe(100_000);
});

test("a piece goes on after its delay, and after the last one as a limit says", () => {
  const one = { atMs: 100, lastMs: 0, bytes: 50 };
  expect(dueMs(OPEN, one)).toBe(100);
  expect(dueMs({ ...OPEN, delayMs: 30 }, one)).toBe(130);
  const limited = { ...OPEN, bytesPerSecond: 1000 };
  expect(dueMs(limited, one)).toBe(150);
  expect(dueMs(limited, { ...one, lastMs: 120 })).toBe(170);
  expect(dueMs({ ...limited, delayMs: 200 }, one)).toBe(300);
});

test("a link garbles a share of the bytes, the same ones by the same seed", async () => {
  const text = "x".repeat(1000);
  const through = async (seed: number, pieces: number) => {
    const link = await openEcho({ seed });
    link.garble(0.05);
    const one = call(link);
    for (let at = 0; at < pieces; at += 1) {
      one.say(text.slice((at * text.length) / pieces, ((at + 1) * text.length) / pieces));
      const said = ((at + 1) * text.length) / pieces;
      await expect.poll(() => one.heard().length).toBe(said);
    }
    return one.heard();
  };
  const heard = await through(7, 1);
  const hit = [...heard].filter((letter) => letter !== "x").length;
  expect(hit).toBeGreaterThan(0);
  expect(hit).toBeLessThan(500);
  expect(await through(7, 4)).toBe(heard);
  expect(await through(8, 1)).not.toBe(heard);
});

test("a link to nobody resets who calls", async () => {
  const free = createServer();
  const port = await listenOnLoopback(free);
  await new Promise((done) => free.close(done));
  const link = await openLink({ port });
  onTestFinished(() => link.close());
  await expect.poll(call(link).ended).toBe("ECONNRESET");
  expect(link.counts()).toMatchObject({ connections: 1, open: 0 });
});
