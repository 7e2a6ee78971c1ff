import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { bounded, VALIDATING } from "./build/json-schema.ts";
import { loadMigrations } from "./build/migrations.ts";
import { LongestFirst } from "./testkit/longest-first.ts";

// Certificates of this machine: each of some thousand processes would read them for 0.09 s of processor, and no test
// speaks to anybody but loopback; npm alone gets them back, where it has to install (testkit/installed.ts).
process.env.LEDGE_TEST_AUTHORITIES ??= process.env.NODE_EXTRA_CA_CERTS ?? "";
delete process.env.NODE_EXTRA_CA_CERTS;

const THROUGH_COMPONENTS = [
  "read",
  "write",
  "list",
  "search",
  "history",
  "log",
  "diff",
  "feed",
  "plan",
  "revert",
  "proposals",
  "apply-proposal",
  "decided-proposals",
  "admin",
  "recover",
  "policies",
  "schemas",
  "channels",
  "rollouts",
  "rollout-review",
  "console",
].map((name) => `test/components/${name}.test.ts`);

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  plugins: [
    {
      name: "bounded-validation",
      transform: (source, id) => (VALIDATING.test(id) ? bounded(root, id, source) : undefined),
    },
    {
      // Tests in process look at the console's routes, not at its files; browsers look at those of a real server.
      name: "ledge-console",
      resolveId: (id) => (id === "ledge:console" ? "\0ledge:console" : undefined),
      load: (id) => (id === "\0ledge:console" ? "export default [];" : undefined),
    },
    {
      name: "ledge-migrations",
      resolveId: (id) => (id === "ledge:migrations" ? "\0ledge:migrations" : undefined),
      load: (id) =>
        id === "\0ledge:migrations"
          ? `export default ${JSON.stringify(loadMigrations(fileURLToPath(new URL("migrations", import.meta.url))))};`
          : undefined,
    },
  ],
  test: {
    // As the build has it: the library's own files are changed on their way in.
    server: { deps: { inline: [/@cfworker\/json-schema/] } },
    globalSetup: "testkit/build-once.ts",
    // For what hangs, not for what is slow: machines under load take ten times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    // A process for each file would compile every component again for each.
    isolate: false,
    setupFiles: "testkit/setup.ts",
    // Of what runs in the tests' own processes: neither components as Wasm nor programs are counted.
    coverage: {
      provider: "v8",
      include: ["lib/**", "components/**", "programs/**", "build/**"],
      reporter: ["text-summary", "html"],
      reportsDirectory: ".cache/coverage",
    },
    // More than the cores of a small machine: much of the time is spent waiting for servers and spans.
    maxWorkers: 4,
    fileParallelism: true,
    sequence: { sequencer: LongestFirst },
    // The interface's tests speak to the real components, in both modes of the host; faults that only a test's
    // own clock or database can make are judged in process.
    projects: [
      { extends: true, test: { name: "tree", include: ["test/**/*.test.ts"], exclude: THROUGH_COMPONENTS } },
      {
        extends: true,
        test: { name: "components", include: THROUGH_COMPONENTS, env: { LEDGE_TEST_HOST: "wasm" } },
      },
      {
        extends: true,
        test: { name: "native", include: THROUGH_COMPONENTS, env: { LEDGE_TEST_HOST: "native" } },
      },
      {
        extends: true,
        test: {
          name: "components, fresh instances",
          include: process.env.LEDGE_FULL === "1" ? THROUGH_COMPONENTS : THROUGH_COMPONENTS.slice(0, 1),
          env: { LEDGE_TEST_HOST: "wasm", LEDGE_TEST_FRESH: "1" },
        },
      },
      {
        extends: true,
        test: {
          name: "components, libsql",
          include: THROUGH_COMPONENTS.filter(
            (file) => process.env.LEDGE_FULL === "1" || /read|feed|search/.test(file),
          ),
          env: { LEDGE_TEST_HOST: "wasm", LEDGE_TEST_STORE: "libsql" },
        },
      },
    ],
  },
});
