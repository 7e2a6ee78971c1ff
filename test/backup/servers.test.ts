/** One suite over the chaos server and every real one that can be had here: the fake is no kinder than they are. */
import { startBucket } from "../../programs/host/bucket.ts";
import { describeBucket } from "../chaos/conformance.ts";
import { startMoto, startSwift, startVersityGw, whyNot } from "../chaos/real-servers.ts";
import { startChaos } from "../chaos/server.ts";
import { settingsOf } from "../support/bucket.ts";
import { chaosSettings } from "../support/chaos.ts";
import { temporaryFolder } from "../support/processes.ts";

describeBucket("the chaos server", async () => {
  const server = await startChaos();
  return { settings: chaosSettings(server), stop: () => server.stop() };
});

describeBucket("the bundled server", async () => {
  const folder = temporaryFolder("conformance");
  const server = await startBucket({ dir: folder.path });
  const stop = async () => {
    await server.stop();
    folder.remove();
  };
  return { settings: settingsOf(server), stop };
});

describeBucket("VersityGW", startVersityGw, { skip: whyNot.versitygw });
describeBucket("moto", startMoto, { skip: whyNot.moto });
describeBucket("OpenStack Swift", startSwift, { skip: whyNot.swift });
