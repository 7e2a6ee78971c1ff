/** What `ledge agent` refuses before it begins, each by its flag and with what to do; and a token's file that holds none. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatToken, newToken } from "../../../lib/core/token.ts";
import { sourceToken } from "../../../programs/agent/options.ts";
import { testFolder } from "../../../testkit/host.ts";
import { ledge } from "../../../testkit/processes.ts";
import { seededRandom } from "../../../testkit/random.ts";

const FROM = ["--from", "http://127.0.0.1:9"];
const BUCKET = ["--from", "bucket"];
const REFUSED: readonly { name: string; args: readonly string[]; says: string; status?: number }[] = [
  {
    name: "itself as its source",
    args: ["--from", "http://127.0.0.1:3001"],
    says: "where this agent listens",
  },
  {
    name: "its own socket as its source",
    args: ["--from", "unix:/tmp/a.sock", "--socket", "/tmp/a.sock"],
    says: "where this agent listens",
  },
  {
    name: "a bucket that is no source",
    args: [...FROM, "--bucket", "s3://x"],
    says: "--bucket is about the bucket",
  },
  { name: "trust in no bucket", args: [...FROM, "--trust", "k"], says: "add --from bucket" },
  { name: "a branch of no bucket", args: [...FROM, "--branch", "b"], says: "--branch is about the bucket" },
  { name: "a history that is none", args: [...FROM, "--accept-lineage", "zz"], says: "32 hex digits" },
  {
    name: "an authority's file that is not there",
    args: [...FROM, "--ca", "nofile"],
    says: "nofile cannot be read",
  },
  {
    name: "another scheme",
    args: ["--from", "ftp://x"],
    says: "ftp://x is not the address of a server; it begins",
  },
  {
    name: "a bucket's address that is none",
    args: [...BUCKET, "--bucket", "nonsense"],
    says: "--bucket nonsense",
  },
  {
    name: "a bucket without credentials",
    args: [...BUCKET, "--bucket", "http://127.0.0.1:9/b"],
    says: "set SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID and SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY in the environment",
  },
  {
    name: "a socket in no folder",
    args: [...FROM, "--socket", "/nonexistent/agent.sock"],
    says: "The socket /nonexistent/agent.sock cannot be made",
    status: 1,
  },
];

test.each(REFUSED)("ledge agent refuses $name", async ({ args, says, status = 2 }) => {
  const ran = await ledge(["agent", "shop", "--data", testFolder(), ...args]);
  expect([ran.status, ran.stderr]).toEqual([status, expect.stringContaining(says)]);
  expect(ran.stderr).not.toContain("Failure:");
});

test("a token's file that holds none is told of once, and the last token stays", () => {
  const random = seededRandom(3);
  const token = formatToken(newToken((length) => random.bytes(length)));
  const file = join(testFolder(), "token");
  const told: string[] = [];
  const read = sourceToken({ tokenFile: file }, {}, (text) => told.push(text));
  expect(read()).toBeUndefined();
  writeFileSync(file, `${token}\n`);
  expect(read()).toBe(token);
  for (const text of ["", `! a warning\n${token}\n`]) {
    writeFileSync(file, text);
    expect([read(), read()]).toEqual([token, token]);
  }
  rmSync(file);
  expect(read()).toBe(token);
  expect(told.map((text) => text.replaceAll(file, "FILE").replace(/: Error.*/, ""))).toEqual([
    "--token-file FILE cannot be read",
    "--token-file FILE holds no token of Ledge, which begins with ldg_ and is one line",
    "--token-file FILE cannot be read",
  ]);
});
