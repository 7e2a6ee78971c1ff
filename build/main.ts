/**
 * `npm run build`: all components of spin.toml side by side, or those named, and the programs.
 * Says one line for each thing as it is done; the exit status is 1 when any of them failed.
 */
import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import pc from "picocolors";
import { prepareComponent } from "../programs/host/guests/transpile.ts";
import { buildComponent, type ComponentPlan, planComponents } from "./components.ts";
import { buildPrograms } from "./programs.ts";

const colours = pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);

/** Builds and returns the exit status. `names` empty means everything. */
export async function main(root: string, names: readonly string[]): Promise<number> {
  const plans = planComponents(join(root, "spin.toml"));
  const unknown = names.filter((name) => name !== "programs" && !plans.some((plan) => plan.name === name));
  if (unknown.length > 0) {
    say(colours.red("✗"), unknown.join(", "), "no such component in spin.toml");
    return 2;
  }
  const wanted = plans.filter((plan) => names.length === 0 || names.includes(plan.name));
  const works = wanted.map((plan) => one(plan.name, () => component(root, plan)));
  if (names.length === 0 || names.includes("programs")) works.push(one("programs", () => programs(root)));
  if (!(await Promise.all(works)).every((done) => done)) return 1;
  return names.length === 0 && !(await one("on Node", () => prepare(root, plans))) ? 1 : 0;
}

/** What the embedded host needs of each component, so that no server makes it; what is of former builds goes. */
async function prepare(root: string, plans: readonly ComponentPlan[]): Promise<string> {
  const cache = join(root, "dist", "cache");
  const current = await Promise.all(plans.map(({ output }) => prepareComponent(output, cache)));
  const kept = new Set(current.map((folder) => basename(folder)));
  const former = readdirSync(cache).filter((name) => !kept.has(name));
  for (const name of former) rmSync(join(cache, name), { recursive: true, force: true });
  return `${kept.size} components ready`;
}

async function component(root: string, plan: ComponentPlan): Promise<string> {
  const built = await buildComponent(root, plan);
  const size = `${(built.sizeBytes / 1e6).toFixed(1)} MB`;
  return built.fresh ? `${size} in ${(built.tookMs / 1000).toFixed(1)} s` : `${size}, unchanged`;
}

async function programs(root: string): Promise<string> {
  return (await buildPrograms(root)).join(", ");
}

async function one(name: string, work: () => Promise<string>): Promise<boolean> {
  try {
    say(colours.green("✓"), name, await work());
    return true;
  } catch (error) {
    say(colours.red("✗"), name, error instanceof Error ? error.message : String(error));
    return false;
  }
}

function say(mark: string, name: string, words: string): void {
  console.log(`${mark} ${name.padEnd(16)} ${colours.dim(words)}`);
}
