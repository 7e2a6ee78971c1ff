/** Takes the pictures of docs/console.md: a server with documents, edges that report, a rollout and backups. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.ts";
import { consoleScene } from "./console-scene.ts";
import { serve, temporaryFolder } from "./processes.ts";

const PICTURES = [
  { name: "document", at: "/doc/shop/limits/api", theme: "light" },
  { name: "rollout", at: "/rollouts/shop/stable", theme: "dark" },
  { name: "backups", at: "/backups", theme: "light" },
] as const;

/** Into that folder, which is made. */
export async function takePictures(folder: string): Promise<void> {
  const data = temporaryFolder("console-pictures");
  const browser = await openBrowser();
  const server = await serve(data.path, ["--no-demo"]);
  try {
    const scene = await consoleScene(server);
    await scene.run("backup", "run");
    await scene.run("channel", "set", "shop/stable", "--to", "5");
    for (const edge of ["fra-1", "fra-2", "lhr-1", "waw-1"])
      await scene.report(edge, "shop", { channel: "stable", revision: 5 });
    for (const edge of ["fra-1", "fra-2"]) await scene.run("edge", "set", edge, "ring=canary");
    await scene.run(
      "rollout",
      "start",
      "shop/stable",
      "--to",
      "6",
      "--step",
      "ring=canary",
      "--step",
      "25%",
      "--step",
      "100%",
    );
    await scene.report("fra-1", "shop", { channel: "stable", revision: 6 });
    mkdirSync(folder, { recursive: true });
    for (const { name, at, theme } of PICTURES) {
      const page = await browser.open(server, { at, theme, width: 1200 });
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
      await page.screenshot({
        path: join(folder, `${name}.png`),
        clip: { x: 0, y: 0, width: 1200, height: 720 },
      });
    }
  } finally {
    await browser.close();
    await server.stop();
    data.remove();
  }
}
