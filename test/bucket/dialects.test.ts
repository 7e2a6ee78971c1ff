/** The ways in which buckets want to be spoken to, and what our client never says to any of them. */
import dns from "node:dns";
import { existsSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { addressOf } from "../../lib/bucket/address.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import { utf8 } from "../../lib/bucket/bytes.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { contents, expectSame, fill, openQuickStore, restore, tick } from "../../testkit/backup.ts";
import { memoryBucket } from "../../testkit/bucket.ts";
import {
  accessVariablesOf,
  environmentOf,
  flagsOf,
  placeVariablesOf,
} from "../../testkit/bucket-settings.ts";
import { makeCertificates } from "../../testkit/certificates.ts";
import type { Preconditions } from "../../testkit/chaos/answers.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";
import { ACCESS } from "../../testkit/chaos/server.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";
import { testFolder } from "../../testkit/host.ts";
import { ledge, serve } from "../../testkit/processes.ts";

/** Every request that our client knows, and a whole export with its restore. */
async function useAll(bucket: Bucket): Promise<void> {
  const { db } = openQuickStore();
  fill(db);
  expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
  const copy = openQuickStore();
  await restore(copy.db, bucket);
  expectSame(copy.db, db);
  await bucket.put("large.gz", new Uint8Array(3_000_000));
  await bucket.put("empty.json", new Uint8Array(0));
  await bucket.remove("large.gz");
  expect(await bucket.get("large.gz", 10)).toBe(undefined);
}

const hostsOf = ({ journal }: ChaosServer) => new Set(journal.entries.map(({ headers }) => headers.host));
const namesOf = ({ journal }: ChaosServer) => journal.entries.map(({ name }) => name);

describe("a bucket's address", () => {
  test("is endpoint/bucket/name in path style", async () => {
    const server = await openChaos();
    await useAll(chaosBucket(server));
    expect([...hostsOf(server)]).toEqual([`127.0.0.1:${server.port}`]);
  });

  test("is bucket.endpoint/name with a virtual host", async () => {
    const server = await openChaos();
    const lookUp = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((
        _host: string,
        options: { all?: boolean },
        done: (error: null, ...found: unknown[]) => void,
      ) =>
        options.all === true
          ? done(null, [{ address: "127.0.0.1", family: 4 }])
          : done(null, "127.0.0.1", 4)) as never);
    try {
      const endpoint = `http://s3.test:${server.port}`;
      await useAll(chaosBucket(server, { endpoint, pathStyle: false }));
    } finally {
      lookUp.mockRestore();
    }
    expect([...hostsOf(server)]).toEqual([`ledge.s3.test:${server.port}`]);
  });

  test("is the endpoint itself, where that begins with the bucket's name already", async () => {
    const server = await openChaos({ bucketName: "127" });
    await useAll(chaosBucket(server, { pathStyle: false }));
    expect([...hostsOf(server)]).toEqual([`127.0.0.1:${server.port}`]);
  });

  const cases = [
    { name: "a bucket in path style", pathStyle: true, path: "/b/", to: { hostname: "h", path: "/b" } },
    { name: "an object in path style", pathStyle: true, path: "/b/x/", to: { hostname: "h", path: "/b/x/" } },
    { name: "a bucket by its host", pathStyle: false, path: "/b/", to: { hostname: "b.h", path: "/" } },
    {
      name: "an object by its host",
      pathStyle: false,
      path: "/b/b/x",
      to: { hostname: "b.h", path: "/b/x" },
    },
    {
      name: "an object by a host that begins with it",
      pathStyle: false,
      hostname: "b.h",
      path: "/b/x",
      to: { hostname: "b.h", path: "/x" },
    },
  ];
  test.each(cases)("is made from the SDK's path style: $name", ({ pathStyle, hostname = "h", path, to }) => {
    expect(addressOf({ hostname, path }, { bucketName: "b", pathStyle })).toEqual(to);
  });
});

describe("a bucket's terms", () => {
  test("are its region", async () => {
    const server = await openChaos({ region: "eu-central-7" });
    await useAll(chaosBucket(server));
  });

  test("are a session token", async () => {
    const server = await openChaos({ access: { ...ACCESS, sessionToken: "temporary/+==" } });
    await useAll(chaosBucket(server));
    await expect(chaosBucket(server, { sessionToken: "another" }).get("a", 1)).rejects.toMatchObject({
      code: "bucket_denied",
    });
  });

  test("are a prefix of several folders, and nothing outside of it is touched", async () => {
    for (const prefix of ["", "deep/er", "a.b-c_d"]) {
      const server = await openChaos();
      server.objects.put("other/heads/x.json", utf8("somebody's"), "text/plain", new Date(0));
      await useAll(chaosBucket(server, { prefix }));
      const outside = namesOf(server).filter((name) => !name.startsWith(prefix));
      expect(outside).toEqual([]);
    }
  });

  test.each<Preconditions>(["ignored", "refused", "enforced", "racy"])(
    "may be that conditions are %s, since none are made",
    async (preconditions) => {
      await useAll(chaosBucket(await openChaos({ preconditions })));
    },
  );
});

describe("what is sent", () => {
  test("has a length and a signature, and no checksum, trailer, chunk or condition", async () => {
    const server = await openChaos();
    await useAll(chaosBucket(server));
    const { entries } = server.journal;
    expect(new Set(entries.map(({ method }) => method))).toEqual(new Set(["PUT", "GET", "LIST", "DELETE"]));
    const never =
      /^(if-|x-amz-checksum|x-amz-sdk-checksum|x-amz-trailer|trailer|transfer-encoding|expect|content-encoding|content-md5|x-amz-decoded)/;
    for (const { headers, method, sent } of entries) {
      expect(Object.keys(headers).filter((name) => never.test(name))).toEqual([]);
      expect(headers["x-amz-content-sha256"]).toMatch(/^[0-9a-f]{64}$/);
      expect(JSON.stringify(headers)).not.toContain("aws-chunked");
      if (method === "PUT") expect(headers["content-length"]).toBe(String(sent?.sizeBytes));
    }
  });
});

describe("a bucket with Object Lock", () => {
  test.each(["md5", "sha256"] as const)("takes objects that come with %s", async (integrity) => {
    const server = await openChaos({ wantsIntegrity: true });
    await useAll(chaosBucket(server, { integrity }));
  });

  test("is told of by the setting that it needs", async () => {
    const bucket = chaosBucket(await openChaos({ wantsIntegrity: true }));
    await expect(bucket.put("a.json", utf8("{}"))).rejects.toMatchObject({
      code: "bucket_denied",
      detail: expect.stringContaining("set bucket_integrity to md5 or sha256"),
    });
  });

  test("is given its objects again where one was damaged on its way", async () => {
    const server = await openChaos({ wantsIntegrity: true });
    server.faults.set({
      fault: { kind: "error", status: 400, code: "BadDigest" },
      times: 1,
      methods: ["PUT"],
    });
    await chaosBucket(server, { integrity: "md5" }).put("a.json", utf8("{}"));
    expect(server.journal.entries.length).toBe(2);
  });
});

describe("a bucket that knows no checksums", () => {
  test("is told of by the setting that it does not take", async () => {
    const server = await openChaos();
    const body =
      "<Error><Code>NotImplemented</Code><Message>x-amz-checksum-sha256 is not implemented</Message></Error>";
    server.faults.set({ fault: { kind: "page", status: 501, type: "application/xml", body } });
    await expect(
      chaosBucket(server, { integrity: "sha256" }).put("a.json", utf8("{}")),
    ).rejects.toMatchObject({
      code: "bucket_denied",
      detail: expect.stringContaining("does not take bucket_integrity sha256"),
    });
  });
});

describe("a bucket behind a private certificate", () => {
  test("is reached by a process that is given the CA, and by no other", async () => {
    const { db } = openQuickStore();
    const exported = memoryBucket();
    fill(db);
    await tick(db, exported);
    const folder = testFolder();
    const { caFile, key, cert } = makeCertificates(folder);
    const server = await openChaos({ tls: { key, cert } });
    for (const [name, bytes] of exported.objects)
      server.objects.put(`ledge/${name}`, bytes, "application/gzip", new Date(0));
    const from = `${server.endpoint}/ledge/ledge`;
    const env = environmentOf(accessVariablesOf(server));
    const restored = (name: string, more: Record<string, string>) =>
      ledge(["restore", "--from", from, "--to", `${folder}/${name}`], { env: { ...env, ...more } });
    const refused = await restored("refused.db", {});
    expect([refused.status, refused.stderr]).toEqual([7, expect.stringMatching(/CERT|SIGNATURE/)]);
    expect(server.journal.entries).toEqual([]);
    const ran = await restored("restored.db", { NODE_EXTRA_CA_CERTS: caFile });
    expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
    const copy = openNodeDb(`${folder}/restored.db`);
    expect(contents(copy)).toEqual(contents(db));
    copy.close();
    const variables = flagsOf({ ...placeVariablesOf(server), restore_on_start: "true" });
    const started = (name: string, more: Record<string, string>) =>
      serve(`${folder}/${name}`, variables, { ...env, ...more });
    // In words, and without a history that the bucket may hold already.
    await expect(started("deaf", {})).rejects.toThrow(/SIGNATURE[\s\S]*NODE_EXTRA_CA_CERTS[\s\S]*--fresh/);
    expect(existsSync(`${folder}/deaf/ledge.db`)).toBe(false);
    const serving = await started("served", { NODE_EXTRA_CA_CERTS: caFile });
    expect(serving.greeting).toContain("Restored revision");
    await serving.stop();
  });
});
