import { renameSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledge as run, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const folder = temporaryFolder("status");
const data = join(folder.path, "data");
let server: StartedServer;
/** What the real server says, of which a case changes one thing. */
let answers: { status: { backup: object }; metrics: string };

beforeAll(async () => {
  server = await serve(data);
  const { stdout } = await run(["--data", data, "status", "-o", "json"]);
  answers = { status: JSON.parse(stdout), metrics: DISK(500, 1000) };
});
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

const DISK = (free: number, size: number) =>
  `# TYPE ledge_disk_free_bytes gauge\nledge_disk_free_bytes ${free}\nledge_disk_size_bytes ${size}\n`;

/** `status --check` against a server that says this. */
async function checked(told: { status?: object; backup?: object; metrics?: string }) {
  const { status, metrics } = answers;
  const shown = { ...status, ...told.status, backup: { ...status.backup, state: "ok", ...told.backup } };
  const other = createServer((request, response) => {
    response.end(request.url === "/metrics" ? (told.metrics ?? metrics) : JSON.stringify(shown));
  });
  const url = await listening(other);
  try {
    return await run(["--url", url, "status", "--check"], { env: { LEDGE_TOKEN: "none" } });
  } finally {
    other.close();
  }
}

function listening(other: Server): Promise<string> {
  return new Promise((resolve) => {
    other.listen(0, "127.0.0.1", () => {
      const address = other.address();
      resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
    });
  });
}

describe("ledge status --check", () => {
  test("ends with 0 for a server that is well, its disk told by the metrics", async () => {
    expect((await run(["--data", data, "backup", "run"])).status).toBe(0);
    const ran = await run(["--data", data, "status", "--check"]);
    // The disk of who runs this test may itself be nearly full.
    expect(ran.stderr.replace(/^.*disk: .*$/m, "Nothing is wrong.")).toContain("Nothing is wrong.");
    expect(ran.stdout).toContain("backup");
    expect(await checked({})).toMatchObject({ status: 0, stderr: "Nothing is wrong.\n" });
  });

  test.each([
    { name: "a stopped store", told: { status: { mode: "stopped" } }, says: "mode: stopped" },
    { name: "a suspect clock", told: { status: { clockSuspect: true } }, says: "clock: suspect" },
    {
      name: "a backup that is behind",
      told: { backup: { state: "behind", exportedRevision: 3 } },
      says: "backup: up to",
    },
    { name: "a backup that fails", told: { backup: { state: "failing" } }, says: "backup: failing" },
    { name: "a fork", told: { backup: { state: "fork" } }, says: "two histories" },
    { name: "a foreign bucket", told: { backup: { state: "foreign" } }, says: "another store's" },
    { name: "a disk nearly full", told: { metrics: DISK(99, 1000) }, says: "disk: 99 B of 1.0 kB" },
  ])("ends with 1 for $name, and says so", async ({ told, says }) => {
    const ran = await checked(told);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(says);
  });

  test.each([{ state: "behind" }, { state: "failing" }, { state: "ok" }] as const)(
    "has words for a bucket that holds nothing yet: $state",
    async ({ state }) => {
      const never = { exportedRevision: null, exportedAt: null, provenRevision: null, behindRevisions: 2 };
      const { stdout, stderr } = await checked({ backup: { state, ...never } });
      expect(stdout).toContain("nothing in the bucket yet");
      const once = { exportedRevision: 3, exportedAt: "2027-01-01T00:00:00.000Z", provenRevision: null };
      const unproven = await checked({ backup: { state: "ok", ...once } });
      expect(unproven.stdout).toContain("not proven yet");
      expect(stdout + stderr + unproven.stdout).not.toMatch(/none|null/);
    },
  );

  test.each([{ state: "behind" }, { state: "failing" }, { state: "ok" }] as const)(
    "says that all that the bucket holds is damaged, and what comes: $state",
    async ({ state }) => {
      const none = { exportedRevision: null, exportedAt: null, provenRevision: null };
      const backup = { state, ...none, behindRevisions: 2, points: 2, damagedPoints: 2 };
      const { stdout } = await checked({ backup });
      expect(stdout).toContain("what the bucket holds is damaged, and the next run writes it anew");
      expect(stdout).not.toContain("nothing in the bucket yet");
    },
  );

  test("says all that is wrong at once", async () => {
    const ran = await checked({ status: { clockSuspect: true }, metrics: DISK(0, 1000) });
    expect(ran.stderr).toMatch(/^✗ clock: .*\n {2}disk: /m);
  });

  test.each([
    { name: "read-only mode", told: { status: { mode: "read_only" } } },
    { name: "no bucket", told: { backup: { state: "not_set" } } },
    { name: "a store that was just restored", told: { backup: { state: "restored" } } },
    { name: "a disk that has just enough", told: { metrics: DISK(100, 1000) } },
  ])("finds nothing wrong in $name", async ({ told }) => {
    expect((await checked(told)).status).toBe(0);
  });

  test("says that it did not check a disk that the server does not tell", async () => {
    const ran = await checked({ metrics: "ledge_revision 1\n" });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining("not checked") });
  });

  test("ends with 1 for a store whose file went away", async () => {
    const file = join(data, "ledge.db");
    renameSync(file, `${file}.away`);
    try {
      const ran = await run(["--data", data, "status", "--check"]);
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain("store's file is gone");
    } finally {
      renameSync(`${file}.away`, file);
    }
  });
});
