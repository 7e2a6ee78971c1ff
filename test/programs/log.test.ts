import { describe, expect, onTestFinished, test } from "vitest";
import { type LogOptions, openLog } from "../../programs/start/log.ts";
import { startServer, temporaryFolder } from "../../testkit/processes.ts";

function written(options: Partial<LogOptions>, text: string): string[] {
  const lines: string[] = [];
  const log = openLog({ format: "json", level: "info", colour: false, ...options }, (line) =>
    lines.push(line),
  );
  log.line({ component: "snapshot-export", stream: "stderr", text });
  return lines;
}

const exported = '{"event":"backup.exported","atMs":1,"from":3,"to":9}\n';

describe("an event of a component", () => {
  test("is one line of JSON with its own fields, a time and a level", () => {
    const [line = "", ...more] = written({}, exported);
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      event: "backup.exported",
      component: "snapshot-export",
      from: 3,
      to: 9,
    });
  });

  test("is one readable line on a terminal: time, what happened, numbers", () => {
    const [line = ""] = written({ format: "text" }, exported);
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d backup\.exported {2}component=snapshot-export {2}from=3 {2}to=9\n$/,
    );
    expect(written({ format: "text", colour: true }, exported)[0]).toContain("\u001b[");
  });

  test("has the level that its name says, and is left out below the level asked for", () => {
    const events = ["backup.failed", "restore.refused", "backup.exported"];
    const text = events.map((event) => JSON.stringify({ event })).join("\n");
    const levels = written({}, text).map((line) => JSON.parse(line).level);
    expect(levels).toEqual(["error", "warn", "info"]);
    expect(written({ level: "warn" }, text)).toHaveLength(2);
    expect(written({ level: "error" }, text)).toHaveLength(1);
  });

  test("may be plain words, and stays one line however it is written", () => {
    const lines = written({}, 'Error: it broke\n    at here\n{"half');
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(["Error: it broke", "    at here", '{"half']);
    expect(written({ format: "text" }, "two words")[0]).toContain('text="two words"');
  });
});

describe("a server that writes requests down", () => {
  test("says method, path, status and time, and nothing of a query, a token or a value", async () => {
    const folder = temporaryFolder("log");
    onTestFinished(() => folder.remove());
    const server = await startServer(folder.path, ["--log-requests", "--log", "json"]);
    await fetch(`${server.url}/v1/write/demo?key=some-key&message=some-words`, {
      method: "PUT",
      headers: { authorization: "Bearer some-token", "content-type": "text/plain" },
      body: "some-value",
    });
    const { stderr } = await server.stop();
    const requests = stderr.split("\n").filter((line) => line.includes("/v1/write/demo"));
    expect(requests.map((line) => JSON.parse(line))).toEqual([
      {
        level: "info",
        time: expect.any(String),
        event: "request",
        method: "PUT",
        path: "/v1/write/demo",
        status: 401,
        ms: expect.any(Number),
      },
    ]);
    expect(stderr).not.toMatch(/some-(key|words|token|value)/);
  });
});
