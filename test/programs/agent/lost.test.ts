/** An origin that was restored to a state behind some of its edges: what was lost is seen, served on, and kept. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openProcessClock } from "../../../testkit/edge/clocks.ts";
import { edgeTokenOf, type OriginProcess, startOriginProcess } from "../../../testkit/edge/origin-process.ts";
import { openPairWriter } from "../../../testkit/edge/pair-writer.ts";
import { Site } from "../../../testkit/edge/site.ts";
import { type Link, openLink } from "../../../testkit/link/link.ts";
import { temporaryFolder } from "../../../testkit/processes.ts";

const SPEED = 10;

async function behindLink(origin: OriginProcess, folder: string, name: string, token: string) {
  const link = await openLink({ port: origin.port });
  const site = new Site({ name, folder, from: [`http://127.0.0.1:${link.port}`], token, speed: SPEED });
  await site.start();
  return { link, site };
}

function away(link: Link): void {
  link.refuse();
  link.cut();
}

interface FleetRow {
  readonly edge: string;
  readonly revision: number;
  readonly standing: string;
}

describe("an origin that is restored to before what its edges have", () => {
  const { path: folder, remove } = temporaryFolder("lost");
  let origin: OriginProcess;
  let ams: Site;
  let amsLink: Link;
  let lon: Site;
  /** What the bucket has, and what it never saw. */
  let kept = 0;
  let lost = 0;
  let lineage = "";
  const fleet = async (): Promise<Record<string, string>> => {
    const { replicas }: { replicas: readonly FleetRow[] } = JSON.parse(
      await origin.ledge("fleet", "shop", "-o", "json"),
    );
    return Object.fromEntries(replicas.map(({ edge, standing }) => [edge, standing]));
  };
  const number = async (site: Site): Promise<number> => {
    const answer = await fetch(`${site.url()}/v1/read/shop?key=pair/a`, {
      headers: { authorization: `Bearer ${site.token}`, connection: "close" },
    });
    return JSON.parse(await answer.text()).n;
  };
  const commit = () => writer.commit();
  const writer = openPairWriter(
    () => origin.url,
    () => origin.token,
  );

  beforeAll(async () => {
    const clock = openProcessClock(join(folder, "origin.clock"), SPEED);
    origin = await startOriginProcess(folder, clock.env);
    const token = await edgeTokenOf(origin);
    kept = await commit();
    await origin.ledge("backup", "run");
    const [first, second] = [
      await behindLink(origin, folder, "ams", token),
      await behindLink(origin, folder, "lon", token),
    ];
    [ams, amsLink, lon] = [first.site, first.link, second.site];
    for (const site of [ams, lon]) await site.arrived(kept);
    away(second.link);
    away(origin.bucketLink);
    await commit();
    lost = await commit();
    await ams.arrived(lost);
    lineage = (await ams.status()).lineage ?? "";
    await origin.kill();
    await origin.bucketLink.heal();
    await origin.rebuild();
    await second.link.heal();
    await origin.start();
    return async () => {
      await Promise.all([ams.kill(), lon.kill()]);
      for (const link of [first.link, second.link]) link.close();
      await origin.stop();
      remove();
    };
  });

  test("an edge that is ahead serves what it has, and says that its source is behind", async () => {
    await expect.poll(async () => (await ams.status()).trouble?.code).toBe("behind");
    expect(await ams.status()).toMatchObject({ revision: lost, lineage });
    expect(await number(ams)).toBe(3);
    expect(await number(lon)).toBe(1);
  });

  test("the fleet shows which edge is ahead, and then which is at a lost revision", async () => {
    await expect.poll(fleet).toEqual({ ams: "ahead", lon: "current" });
    away(amsLink);
    await commit();
    await expect.poll(fleet).toEqual({ ams: "lost", lon: "current" });
    expect(await number(ams)).toBe(3);
  });

  test("the edge follows the new history, and keeps the commits that were lost", async () => {
    await amsLink.heal();
    await expect.poll(() => number(ams)).toBe(4);
    const status = await ams.status();
    expect(status.lineage).not.toBe(lineage);
    expect(status.lost).toEqual([{ lineage, revision: lost }]);
    const ask = async (query: string) => {
      const answer = await fetch(`${ams.url()}/v1/agent/lost?ns=shop${query}`, {
        headers: { authorization: `Bearer ${origin.token}`, connection: "close" },
      });
      return JSON.parse(await answer.text());
    };
    expect((await ask("")).histories).toContainEqual({ lineage, revision: lost, served: false });
    const { commits } = await ask(`&lineage=${lineage}&after=${kept}`);
    const values = commits.map(({ changes }: { changes: readonly { base64: string }[] }) =>
      changes.map(({ base64 }) => JSON.parse(Buffer.from(base64, "base64").toString()).n),
    );
    expect(values).toEqual([
      [2, 2],
      [3, 3],
    ]);
    await expect.poll(fleet).toEqual({ ams: "current", lon: "current" });
    await ams.kill();
    await ams.start();
    expect((await ams.status()).lost).toEqual([{ lineage, revision: lost }]);
  });
});
