/**
 * Schemathesis reads the description of a running server and asks what it says and what it forbids, in all its phases. What
 * it would find and is none stands in schemathesis.toml. `LEDGE_SEED` repeats what it asks.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ask } from "../../testkit/ask.ts";
import { FULL } from "../../testkit/crash-sample.ts";
import { finish, root, serve, startServer, temporaryFolder } from "../../testkit/processes.ts";

const SEED = Number(process.env.LEDGE_SEED ?? Date.now() % 1_000_000_000);
const program = join(root, ".cache", "schemathesis", "bin", "schemathesis");
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "unsupported_method",
  "allow_header_conformance",
];
const whyNot = !FULL
  ? "it takes long, and is left to npm run check:full"
  : existsSync(program)
    ? undefined
    : `${program} is not there`;

const folder = temporaryFolder("schemathesis");
afterAll(() => folder.remove());

const engines = [
  { engine: "native", start: serve, examples: 5 },
  { engine: "Wasm", start: startServer, examples: 2 },
];

/** These take from the others what they ask for, so they are asked last: the caller's token, and the store's writes. */
const ENDING = ["putMode", "sealBackup", "adoptStore", "rotateToken", "revokeToken", "revokeTokens"];

describe("Schemathesis", () => {
  for (const { engine, start, examples } of engines)
    test(`finds nothing in the description that the ${engine} engine does not keep`, {
      timeout: 7_200_000,
    }, async ({ skip }) => {
      if (whyNot !== undefined) skip(whyNot);
      console.log(`LEDGE_SEED=${SEED} repeats what Schemathesis asks`);
      const data = join(folder.path, engine);
      const server = await start(data, ["--no-demo"]);
      const token = readFileSync(join(data, "admin-token"), "utf8").trim();
      expect((await ask(server, "PUT", "/v1/admin/namespaces/shop", { token, json: {} })).status).toBe(201);
      for (const which of ["--exclude-operation-id", "--include-operation-id"]) {
        const operations = ENDING.flatMap((id) => [which, id]);
        const args = [...said(server.url, { token, examples }), ...operations];
        const ran = await finish(spawn(program, args, { cwd: folder.path }));
        expect([ran.status, ran.status === 0 ? "" : ran.stdout + ran.stderr]).toEqual([0, ""]);
        expect(ran.stdout).toMatch(/Test cases:\s+\d{2,} generated, \d{2,} passed/);
        if (which.startsWith("--exclude"))
          expect((await ask(server, "GET", "/v1/whoami", { token })).status).toBe(200);
      }
      expect((await server.stop("SIGTERM")).status).toBe(0);
    });
});

function said(url: string, { token, examples }: { token: string; examples: number }): string[] {
  const configuration = join(root, "test", "programs", "schemathesis.toml");
  const bounds = [
    "--seed",
    String(SEED),
    "--max-examples",
    String(examples),
    "--generation-database",
    "none",
  ];
  const checks = ["--checks", CHECKS.join(","), "--continue-on-failure", "--warnings", "off", "--no-color"];
  const header = ["--header", `Authorization: Bearer ${token}`];
  return ["--config-file", configuration, "run", `${url}/openapi.json`, ...header, ...bounds, ...checks];
}
