/** deploy/docker: the files as Docker's own tools judge them. What the image runs is tried in package.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { judgeFiles, noDeployTools } from "../../testkit/deploy-tools.ts";
import { root } from "../../testkit/processes.ts";

const dockerfile = readFileSync(join(root, "deploy/docker/Dockerfile"), "utf8");
const compose = parse(readFileSync(join(root, "deploy/docker/compose.yaml"), "utf8"));
const manifest = z
  .object({ variables: z.record(z.string(), z.unknown()) })
  .parse(parseToml(readFileSync(join(root, "spin.toml"), "utf8")));
const services = Object.entries<Record<string, unknown>>(compose.services);
const ours = services.filter(([, { image }]) => image === "ledge");

describe("the Dockerfile", () => {
  test("passes hadolint", ({ skip }) => {
    if (noDeployTools !== undefined) skip(noDeployTools);
    expect(judgeFiles("hadolint", ["deploy/docker/Dockerfile"])).toEqual([0, ""]);
  });

  test("ends as a user with a number, over a volume, with a health check", () => {
    const last = dockerfile.split(/^FROM /m).at(-1) ?? "";
    expect(last).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(last).toMatch(/^VOLUME \/data$/m);
    expect(last).toMatch(/^HEALTHCHECK [\s\S]*\/readyz/m);
    expect(last).not.toMatch(/\b(apt-get|npm ci)\b/);
  });
});

describe("the file for Compose", () => {
  test("fits the schema of Compose", ({ skip }) => {
    if (noDeployTools !== undefined) skip(noDeployTools);
    const judged = judgeFiles("check-jsonschema", [
      "--builtin-schema",
      "vendor.compose-spec",
      "deploy/docker/compose.yaml",
    ]);
    expect(judged).toEqual([0, expect.any(String)]);
  });

  test("gives our containers a read-only root, no capability, and loopback alone", () => {
    expect(ours.map(([name]) => name)).toEqual(["origin", "agent"]);
    for (const [name, service] of ours)
      expect([name, service]).toMatchObject([
        name,
        {
          read_only: true,
          cap_drop: ["ALL"],
          security_opt: ["no-new-privileges:true"],
          ports: [expect.stringMatching(/^127\.0\.0\.1:/)],
        },
      ]);
  });

  test("carries no secret, and no variable that the server does not know", () => {
    const known = Object.keys(manifest.variables);
    for (const [, { environment = {} }] of services)
      for (const [name, value] of Object.entries(Object(environment))) {
        if (/KEY|SECRET|PASSWORD|TOKEN|USER/.test(name))
          expect([name, value]).toEqual([name, expect.stringMatching(/^\$\{\w+:\?/)]);
        const [, variable] = /^SPIN_VARIABLE_(.*)$/.exec(name) ?? [];
        if (variable !== undefined) expect(known).toContain(variable.toLowerCase());
      }
  });
});
