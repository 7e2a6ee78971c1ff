import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fill, openQuickStore, tick } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import {
  accessVariablesOf,
  environmentOf,
  flagsOf,
  placeVariablesOf,
} from "../../testkit/bucket-settings.ts";
import { testFolder } from "../../testkit/host.ts";
import { ledge, serve } from "../../testkit/processes.ts";

/** A served bucket with one snapshot, and the environment that has its credentials. */
async function filled() {
  const { db } = openQuickStore();
  const { server, bucket } = await openServedBucket();
  fill(db);
  await tick(db, bucket);
  const env = environmentOf(accessVariablesOf(server));
  return { server, env };
}

describe("a command that reads the bucket without a server", () => {
  test("takes s3://BUCKET/PREFIX with an endpoint, and says the form without one", async () => {
    const { server, env } = await filled();
    const from = `s3://${server.bucketName}/ledge`;
    const plan = ["--data", testFolder(), "restore", "--plan", "--from", from];
    const ran = await ledge([...plan, "--endpoint", server.endpoint], { env });
    expect(ran.stderr).not.toContain("✗");
    expect(ran.status).toBe(0);
    const refused = await ledge(plan, { env });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("s3://BUCKET[/PREFIX] with --endpoint URL or --region NAME");
  });

  test("finds the server's bucket in the same environment", async () => {
    const { server, env } = await filled();
    const told = environmentOf(placeVariablesOf(server));
    const verify = ["--data", testFolder(), "backup", "verify"];
    expect((await ledge(verify, { env: { ...env, ...told } })).status).toBe(0);
    expect((await ledge(verify, { env })).stderr).toContain("no bundled bucket");
  });

  test("finds it where the last start was told of it, without a secret in a file", async () => {
    const { server } = await openServedBucket();
    const env = environmentOf(accessVariablesOf(server));
    const data = join(testFolder(), "data");
    const flags = flagsOf({ ...placeVariablesOf(server), bucket_prefix: "here/too" });
    const running = await serve(data, flags, env);
    expect((await ledge(["--data", data, "backup", "run"])).status).toBe(0);
    await running.stop();
    const kept = readFileSync(join(data, "bucket-settings.json"), "utf8");
    expect(kept).not.toContain(server.secretAccessKey);
    expect(kept).not.toContain(server.accessKeyId);
    const ran = await ledge(["--data", data, "restore", "--to", join(data, "again.db")], { env });
    expect(ran.stderr).toContain("holds revision");
    expect(ran.status).toBe(0);
  });
});
