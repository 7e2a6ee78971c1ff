/** `ledge restore --server`: a running empty store restores from its own bucket, step by step, until it is done. */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { RestoreAnswer, RestorePreview } from "../../../lib/api/restore-answers.ts";
import type { NewRoot } from "../../../lib/api/restore-bodies.ts";
import { type Client, openClient } from "../client.ts";
import type { Connection } from "../context.ts";
import { Failure } from "../failure.ts";
import { openProgress, sayBytes } from "../progress.ts";
import { readStandingSecret } from "../tokens/standing-secret.ts";
import type { RestoreFlags } from "./options.ts";

const PATH = "/v1/backup/restore";
const BUSY_MS = 1000;
const BUSY_MAX = 600;

// The client's schemas are zod's own; what these say of an answer is the same.
const Preview = z.custom<RestorePreview>((value) => RestorePreview.safeParse(value).success);
const Answer = z.custom<RestoreAnswer>((value) => RestoreAnswer.safeParse(value).success);

function clientFor(server: Connection, options: RestoreFlags): Client {
  return openClient({
    ...server,
    token: readStandingSecret("bootstrap", options),
    tokenFrom: "the bootstrap secret",
  });
}

export function previewServer(server: Connection, options: RestoreFlags): Promise<RestorePreview> {
  const { revision, time, branch } = options;
  return clientFor(server, options).json(Preview, "GET", PATH, { query: { revision, time, branch } });
}

/** Asks until it is restored, with progress. */
export async function restoreServer(
  server: Connection,
  options: RestoreFlags,
  newRoot: NewRoot | undefined,
): Promise<RestoreAnswer> {
  const client = clientFor(server, options);
  const asked = {
    ...(options.revision === undefined ? {} : { revision: Number(options.revision) }),
    ...(options.time === undefined ? {} : { time: options.time }),
    ...(options.branch === undefined ? {} : { branch: options.branch }),
    ...(newRoot === undefined ? {} : { token: newRoot }),
  };
  const progress = openProgress(100);
  let body: object = options.restart === true ? { ...asked, restart: true } : asked;
  for (let busy = 0; ; ) {
    const answer = await step(client, body).catch((error: unknown) => {
      if (error instanceof Failure && error.code === "busy" && busy < BUSY_MAX) return undefined;
      throw error;
    });
    if (answer === undefined) {
      busy += 1;
      await sleep(BUSY_MS);
      continue;
    }
    busy = 0;
    body = asked;
    if (answer.state === "restored") {
      progress.end(`${client.url} holds revision ${answer.revision}`);
      return answer;
    }
    sayBytes(progress, "restoring", answer);
  }
}

function step(client: Client, body: object): Promise<RestoreAnswer> {
  return client.json(Answer, "POST", PATH, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
