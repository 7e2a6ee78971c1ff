/**
 * deploy/kubernetes and deploy/spin: the manifests as Kubernetes' own schemas judge them, and what a schema cannot say: that one
 * store has one writer, that nothing runs as root, and that what one file names stands in another.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { parseAgentOptions } from "../../programs/agent/options.ts";
import { parseStartOptions, START } from "../../programs/start/options.ts";
import { judgeFiles, noDeployTools } from "../../testkit/deploy-tools.ts";
import { root } from "../../testkit/processes.ts";

const folders = [
  "deploy/kubernetes/base",
  "deploy/kubernetes/agents",
  "deploy/kubernetes/sidecar",
  "deploy/spin",
];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => `${folder}/${name}`),
);

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  securityContext: z.looseObject({}),
  resources: z.looseObject({}).optional(),
});
const Pod = z.looseObject({
  securityContext: z.looseObject({}),
  automountServiceAccountToken: z.boolean(),
  containers: z.array(Container),
  initContainers: z.array(Container).default([]),
});

interface Found {
  readonly file: string;
  readonly kind: string;
  readonly body: Record<string, unknown>;
}

const documents: readonly Found[] = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), "utf8")).map((document) => {
    const body: Record<string, unknown> = document.toJS();
    return { file, kind: String(body.kind), body };
  }),
);

/** What Kubernetes itself does not know: it has schemas of its own below. */
const OTHERS = new Set(["Kustomization", "SpinApp"]);
const pods = documents.flatMap(({ kind, file, body }) => {
  const at: Readonly<Record<string, readonly string[]>> = {
    StatefulSet: ["spec", "template", "spec"],
    DaemonSet: ["spec", "template", "spec"],
    Deployment: ["spec", "template", "spec"],
    CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
  };
  const path = at[kind];
  return path === undefined ? [] : [{ kind, file, pod: Pod.parse(valueAt(body, path)) }];
});

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => Object(at)[name], value);
}

describe("manifests for Kubernetes", () => {
  test("fit its schemas, strictly", ({ skip }) => {
    if (noDeployTools !== undefined) skip(noDeployTools);
    const known = files.filter((file) => documents.some((one) => one.file === file && !OTHERS.has(one.kind)));
    const judged = known.filter((file) => !file.includes("spinapp"));
    expect(judged.length).toBeGreaterThan(6);
    expect(judgeFiles("kubernetes-validate", ["--strict", "--quiet", ...judged])).toEqual([0, ""]);
  });

  test("are all named by the kustomization of their folder, and no other", () => {
    for (const { file, body } of documents.filter(({ kind }) => kind === "Kustomization")) {
      const folder = join(file, "..");
      const beside = readdirSync(join(root, folder)).filter((name) => name !== "kustomization.yaml");
      expect([file, Object(body).resources.toSorted()]).toEqual([file, beside.toSorted()]);
    }
  });

  test("run nothing as root, and give no pod a token of the cluster", () => {
    expect(pods.map(({ kind }) => kind)).toEqual(["StatefulSet", "DaemonSet", "Deployment", "CronJob"]);
    for (const { file, pod } of pods) {
      expect([file, pod]).toMatchObject([
        file,
        {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ]);
      for (const container of [...pod.containers, ...pod.initContainers])
        expect([file, container.name, container.securityContext]).toMatchObject([
          file,
          container.name,
          { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        ]);
    }
  });

  test("have one origin with one volume", () => {
    const origin = documents.find(({ kind }) => kind === "StatefulSet")?.body;
    expect(origin).toMatchObject({
      spec: { replicas: 1, volumeClaimTemplates: [{ spec: { accessModes: ["ReadWriteOncePod"] } }] },
    });
  });

  test("start the server and its agents by words that they take", () => {
    const ours = pods
      .flatMap(({ pod }) => [...pod.containers, ...pod.initContainers])
      .filter(({ image }) => image === "ledge");
    expect(ours.map(({ args }) => args[0])).toEqual(["serve", "agent", "agent"]);
    for (const { args } of ours) {
      const [verb, ...rest] = args.map((word) => word.replace("$(NODE)", "node-1"));
      if (verb === "serve") expect(parseStartOptions(rest, {}, START)).toMatchObject({ dataDir: "/data" });
      else expect(parseAgentOptions(rest, "ledge agent")).toMatchObject({ dataDir: "/data" });
    }
  });

  test("set no variable that spin.toml does not have", () => {
    const settings = documents.find(({ kind }) => kind === "ConfigMap")?.body.data;
    const names = Object.keys(Object(settings)).map((name) =>
      name.replace(/^SPIN_VARIABLE_/, "").toLowerCase(),
    );
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !variables.includes(name))).toEqual([]);
  });
});

const variables = Object.keys(
  z
    .object({ variables: z.record(z.string(), z.unknown()) })
    .parse(parseToml(readFileSync(join(root, "spin.toml"), "utf8"))).variables,
);

const Named = z.strictObject({ name: z.string(), key: z.string() });
const From = z.strictObject({ secretKeyRef: Named.optional(), configMapKeyRef: Named.optional() });
const Setting = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), valueFrom: From }),
]);
const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string() }),
  initialDelaySeconds: z.int().optional(),
  timeoutSeconds: z.int().optional(),
  periodSeconds: z.int().optional(),
  successThreshold: z.int().optional(),
  failureThreshold: z.int().optional(),
});
const Amounts = z.strictObject({ cpu: z.string().optional(), memory: z.string().optional() });
/** The fields of `core.spinkube.dev/v1alpha1` that are used here, by their documentation. */
const SpinApp = z.strictObject({
  apiVersion: z.literal("core.spinkube.dev/v1alpha1"),
  kind: z.literal("SpinApp"),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    image: z.string(),
    executor: z.string(),
    replicas: z.int().min(1),
    checks: z.strictObject({ readiness: Probe, liveness: Probe }),
    resources: z.strictObject({ limits: Amounts, requests: Amounts }),
    variables: z.array(Setting),
    runtimeConfig: z.strictObject({
      sqliteDatabases: z.array(
        z.strictObject({ name: z.string(), type: z.enum(["spin", "libsql"]), options: z.array(Setting) }),
      ),
    }),
    volumes: z
      .array(
        z.strictObject({
          name: z.string(),
          persistentVolumeClaim: z.strictObject({ claimName: z.string() }),
        }),
      )
      .optional(),
    volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })).optional(),
  }),
});

describe("manifests for SpinKube", () => {
  const apps = documents.filter(({ kind }) => kind === "SpinApp").map(({ body }) => SpinApp.parse(body).spec);

  test("have the fields of a SpinApp, and set variables that spin.toml has", () => {
    expect(apps).toHaveLength(2);
    for (const app of apps) {
      expect(app.variables.map(({ name }) => name).filter((name) => !variables.includes(name))).toEqual([]);
      // What is secret comes from a secret.
      for (const one of app.variables.filter(({ name }) => /secret|access_key/.test(name)))
        expect(one).toHaveProperty("valueFrom.secretKeyRef");
    }
  });

  test("give a file on a volume one replica, and more to a libSQL server alone", () => {
    for (const { replicas, runtimeConfig, volumeMounts = [], volumes = [] } of apps) {
      const [store] = runtimeConfig.sqliteDatabases;
      expect(store?.name).toBe("default");
      if (store?.type === "libsql") expect(replicas).toBeGreaterThan(1);
      else
        expect([replicas, store?.options]).toEqual([
          1,
          [{ name: "path", value: `${volumeMounts[0]?.mountPath}/ledge.db` }],
        ]);
      expect(volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
    }
  });
});

test("each file of deploy/, or its folder, stands on a page that says what for", () => {
  const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const text = pages.map((name) => readFileSync(join(root, "docs", name), "utf8")).join("\n");
  const entries = readdirSync(join(root, "deploy"), { recursive: true, withFileTypes: true });
  const unnamed = entries
    .filter((entry) => entry.isFile())
    .map((entry) => ({ folder: relative(root, entry.parentPath), name: entry.name }))
    .filter(({ folder, name }) => !text.includes(`${folder}/${name}`) && !text.includes(`\`${folder}\``))
    .map(({ folder, name }) => `${folder}/${name}`)
    // Beside what it belongs to: it has no use of its own.
    .filter((file) => !/\.dockerignore$/.test(file));
  expect(unnamed).toEqual([]);
});
