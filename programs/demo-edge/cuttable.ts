/** A link to a port of this machine that can be cut and mended. */
import { connect, createServer, type Socket } from "node:net";

export interface CuttableLink {
  readonly port: number;
  cut(): void;
  mend(): void;
}

export async function openCuttable(target: number): Promise<CuttableLink> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const there = connect(target, "127.0.0.1");
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  // The demo's end ends it.
  server.unref();
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut() {
      isCut = true;
      for (const one of open) one.destroy();
    },
    mend() {
      isCut = false;
    },
  };
}
