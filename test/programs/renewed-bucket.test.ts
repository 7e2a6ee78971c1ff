/** The bucket of a program that runs for long: its credentials change under it. */
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openAddressedBucket } from "../../programs/cli/backup/source.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { environmentOf } from "../../testkit/bucket-settings.ts";
import { testFolder } from "../../testkit/host.ts";

const set = new Set<string>();

afterEach(() => {
  for (const name of set) delete process.env[name];
});

function setVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(environmentOf(variables))) {
    process.env[name] = value;
    set.add(name);
  }
}

test("each request has the credentials of its moment, and a lack of them is a fault", async () => {
  const { server, bucket: own } = await openServedBucket();
  await own.put("heads/a.json", Uint8Array.of(1));
  const file = join(testFolder(), "credentials");
  const write = (secret: string) =>
    writeFileSync(
      file,
      `[default]\naws_access_key_id = ${server.accessKeyId}\naws_secret_access_key = ${secret}\n`,
    );
  setVariables({ bucket_credentials: "file", bucket_credentials_file: file });
  const from = `${server.endpoint}/${server.bucketName}/ledge`;
  await expect(openAddressedBucket({ from })).rejects.toThrow("finds no credentials");
  write(server.secretAccessKey);
  const bucket = await openAddressedBucket({ from });
  expect(await bucket.list("heads/")).toEqual(["heads/a.json"]);
  write("x".repeat(40));
  await expect(bucket.list("heads/")).rejects.toMatchObject({ code: "bucket_denied" });
  unlinkSync(file);
  await expect(bucket.list("heads/")).rejects.toMatchObject({ code: "bucket_denied", object: "heads/" });
  await expect(openAddressedBucket({ from: "nowhere" })).rejects.toThrow("--from nowhere is not an address");
});
