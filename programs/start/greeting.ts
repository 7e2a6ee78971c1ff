/** What a start says when it is ready: where everything is, and what to try. */
import { join } from "node:path";
import color from "picocolors";
import { commandName, ledgeOn, shellWord } from "../cli/called.ts";
import { isLoopback } from "../host/front/judge-host.ts";
import type { RunningHost } from "../host/options.ts";
import { shownAddress } from "../host/spin/databases.ts";
import type { BucketUse } from "./bucket.ts";
import type { FirstToken } from "./first-token.ts";
import type { StartOptions } from "./options.ts";
import { LINK_MINUTES, type PageLink } from "./page-link.ts";
import { shownPath } from "./places.ts";

const paint = color.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

export interface Started {
  readonly host: Pick<RunningHost, "url" | "port" | "database">;
  readonly page: PageLink | undefined;
  readonly bucket: Pick<BucketUse, "address" | "description">;
  /** Sentences about the bucket. */
  readonly news: readonly string[];
  readonly token: FirstToken;
  readonly tookMs: number;
}

const ENGINES = {
  wasm: `Wasm, the components that Spin runs; \`${commandName()} serve\` is the faster server for production`,
  native: "native, the same handlers in Node",
} as const;

/** What listens elsewhere than on loopback, to whom, and what it lacks. */
function openTo({ host: name }: StartOptions, { port }: Started["host"]): string {
  const place = `${name.includes(":") ? `[${name}]` : name}:${port}`;
  return `it listens on ${place}: other machines reach it, without TLS (README, "TLS and secrets")`;
}

/** Several lines for a person. */
export function greeting(
  options: StartOptions,
  { host, page, bucket, news, token, tookMs }: Started,
): string {
  const line = (name: string, text: string) => `  ${paint.dim(name.padEnd(9))} ${text}`;
  const to = shellWord(shownPath(join(options.dataDir, "restored.db")));
  const ledge = ledgeOn(options.dataDir);
  const from = bucket.address === undefined ? "" : ` --from ${shellWord(bucket.address)}`;
  const who = {
    made: `admin; the token was made now and is kept in ${shownPath(token.file)}`,
    kept: `admin; the token is kept in ${shownPath(token.file)}`,
    restoring: `this store is being restored; ${ledge} restore --server goes on with it`,
    elsewhere: `the first token was made elsewhere; to use yours: ${commandName()} login ${host.url}`,
  }[token.state];
  return [
    `${paint.bold("Ledge")} is ready after ${(tookMs / 1000).toFixed(1)} s ${paint.dim("(Ctrl-C stops it, data stays)")}`,
    line("server", paint.cyan(host.url)),
    ...(page === undefined ? [] : [line("console", paint.cyan(page.address))]),
    ...(page?.signsIn
      ? [
          line(
            "",
            paint.dim(`the link signs you in once, for ${LINK_MINUTES} minutes; another: ${ledge} open`),
          ),
        ]
      : []),
    ...(isLoopback(options.host) ? [] : [line("", paint.yellow(openTo(options, host)))]),
    line("data", typeof host.database === "string" ? shownPath(host.database) : shownAddress(host.database)),
    line("engine", ENGINES[options.engine]),
    line("bucket", bucket.description),
    ...news.map((one) => line("", paint.yellow(one))),
    line("you", who),
    line("try", options.demo ? `${ledge} get demo/limits/api` : `${ledge} ns ls`),
    line("", options.demo ? `${ledge} put demo/banner 'Good morning' --if any` : `${ledge} ns put shop-prod`),
    line("", `${ledge} backup run && ${ledge} restore${from} --to ${to}`),
  ].join("\n");
}
