/** One suite over the chaos server and every real one that can be had here: the fake is no kinder than they are. */
import { startBucket } from "../../programs/start/bundled-bucket.ts";
import { bucketSettingsOf } from "../../testkit/bucket-settings.ts";
import { describeBucket } from "../../testkit/chaos/conformance.ts";
import { startChaos } from "../../testkit/chaos/server.ts";
import { temporaryFolder } from "../../testkit/processes.ts";
import { startMoto, startSwift, startVersityGw, whyNot } from "../../testkit/real-servers.ts";

describeBucket("the chaos server", async () => {
  const server = await startChaos();
  return { settings: bucketSettingsOf(server), stop: () => server.stop() };
});

describeBucket("a server that lists in an order of its own", async () => {
  const server = await startChaos({ lists: { order: "hash", pageSize: 100 } });
  return { settings: bucketSettingsOf(server), stop: () => server.stop() };
});

describeBucket("the bundled server", async () => {
  const folder = temporaryFolder("conformance");
  const server = await startBucket({ dir: folder.path });
  const stop = async () => {
    await server.stop();
    folder.remove();
  };
  return { settings: bucketSettingsOf(server), stop };
});

describeBucket("VersityGW", startVersityGw, { skip: whyNot.versitygw });
describeBucket("moto", startMoto, { skip: whyNot.moto });
describeBucket("OpenStack Swift", startSwift, { skip: whyNot.swift });
