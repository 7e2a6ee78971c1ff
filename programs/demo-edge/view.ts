/** What the demo shows of its edges: a line for each, from what each serves and says of itself. */
import { setTimeout as pause } from "node:timers/promises";
import color from "picocolors";

const paint = color.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

export interface ShownEdge {
  readonly name: string;
  readonly url: string;
  readonly token: string;
}

export interface EdgeView {
  readonly text: string;
  readonly revision: number;
  readonly source: string;
  readonly ageSeconds: number;
}

export async function lookAt({ url, token }: ShownEdge): Promise<EdgeView> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/v1/read/shop?key=limits`, { headers });
  return {
    text: await answer.text(),
    revision: Number(answer.headers.get("ledge-revision")),
    source: answer.headers.get("ledge-source") ?? "?",
    ageSeconds: Number(answer.headers.get("age")),
  };
}

export async function showAll(edges: readonly ShownEdge[]): Promise<void> {
  for (const edge of edges) {
    const { text, revision, source, ageSeconds } = await lookAt(edge);
    const said = source === "none" ? paint.yellow("no source answers") : paint.green(`from ${source}`);
    const row = [edge.name.padEnd(6), text.padEnd(13), `revision ${revision}`.padEnd(24), said];
    console.log(`    ${row.join(" ")}${paint.dim(`, ${ageSeconds} s old`)}`);
  }
}

/** Polls until it holds of every edge. Throws after a minute. */
export async function until(
  edges: readonly ShownEdge[],
  holds: (view: EdgeView) => boolean,
): Promise<number> {
  const beganMs = performance.now();
  for (const edge of edges)
    while (!holds(await lookAt(edge))) {
      if (performance.now() - beganMs > 60_000)
        throw new Error(`${edge.name} has not come so far in a minute`);
      await pause(50);
    }
  return (performance.now() - beganMs) / 1000;
}

/** On a terminal there is time to read what came before. */
const READ_MS = process.stdout.isTTY ? 3000 : 0;

export async function heading(text: string): Promise<void> {
  await pause(READ_MS);
  console.log(`\n${paint.bold(text)}`);
}

export function tell(text: string): void {
  console.log(`  ${text}`);
}

export function good(text: string): void {
  tell(paint.green(`✓ ${text}`));
}
