/**
 * `npm test`: installs what is missing, builds, and runs everything; `--full` adds the long forms. The last line
 * is made from the runner's own report: `N passed, N failed, N skipped`.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buildFirst, root } from "./ensure.mjs";
import { installBucketServers } from "./install-bucket-servers.mjs";
import { installDeployTools } from "./install-deploy-tools.mjs";
import { installSchemaSuite } from "./install-schema-suite.mjs";
import { installSchemathesis } from "./install-schemathesis.mjs";
import { installSqld } from "./install-sqld.mjs";

const full = process.argv.includes("--full");
const names = process.argv.slice(2).filter((argument) => argument !== "--full");
const MEMORY_BYTES_MIN = 4e9;
const report = join(root, ".cache", "test-report.json");

const built = await buildFirst();
installSchemaSuite();
installSqld();
installDeployTools();
if (full) {
  installSpinSqlite();
  installBucketServers();
  installSchemathesis();
}
process.exitCode = built === 0 ? runTests() : 1;
if (built !== 0) console.log("The build failed, so no test ran.\n0 passed, 1 failed, 0 skipped");

function runTests() {
  mkdirSync(join(root, ".cache"), { recursive: true });
  // What former runs have bundled.
  for (const former of [report, join(root, ".cache", "test")])
    rmSync(former, { recursive: true, force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const folder = full ? undefined : memoryFolder();
  const environment = {
    ...process.env,
    ...(folder === undefined ? {} : { TMPDIR: folder }),
    // The SDK's advice about Node versions is for us, who pin it.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    LEDGE_TEST_WHOLE: "1",
    ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
    ...(full ? { LEDGE_FULL: "1", LEDGE_MODEL_RUNS: "20000" } : {}),
  };
  const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...names], {
    cwd: root,
    stdio: "inherit",
    env: environment,
  });
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return status === 0 ? sayCounts(0) : sayCounts(1);
}

/**
 * A folder of its own in memory, where this system has one with room. Hundreds of stores sync with every commit, and no
 * test can see what a disk would do without power; the system calls are the same. The long form takes the real disk.
 */
function memoryFolder() {
  const folder = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < MEMORY_BYTES_MIN) return undefined;
    const made = mkdtempSync(join(folder, "ledge-test-"));
    // Some tests start a server as another user.
    chmodSync(made, 0o755);
    return made;
  } catch {
    // No such folder, or not ours to write.
    return undefined;
  }
}

/** A file that failed to load has no test that failed, so it counts as one. */
function sayCounts(status) {
  const said = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  const failed = Math.max(said?.numFailedTests ?? 0, said === undefined || said.success === false ? 1 : 0);
  const skipped = (said?.numPendingTests ?? 0) + (said?.numTodoTests ?? 0);
  console.log(`${said?.numPassedTests ?? 0} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : status;
}

/** better-sqlite3 11.9.1 carries exactly Spin's SQLite; it lies beside the tree, because it has to be compiled. */
function installSpinSqlite() {
  const folder = join(root, ".cache", "better-sqlite3-11.9.1");
  if (existsSync(join(folder, "node_modules", "better-sqlite3", "build"))) return;
  mkdirSync(folder, { recursive: true });
  const dependencies = { "better-sqlite3": "11.9.1" };
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies, allowScripts: { "better-sqlite3": true } }),
  );
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
  });
  if (status !== 0) console.error("better-sqlite3 11.9.1 cannot be installed; its contract is skipped.");
}
