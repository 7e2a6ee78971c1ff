/** The command line of `ledge agent`. What is not known is refused by name. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../lib/core/duration.ts";
import { isNamespaceName, NAMESPACE_RULE } from "../../lib/core/namespace.ts";
import { LINEAGE_PATTERN } from "../../lib/core/patterns.ts";
import { CHANNEL_PATTERN, EDGE_PATTERN } from "../../lib/core/rollout/documents.ts";
import { thrownText } from "../../lib/core/thrown.ts";
import { parseToken } from "../../lib/core/token.ts";
import { EDGE_LIMITS, type EdgeLimits } from "../../packages/agent/guard.ts";
import { Failure } from "../cli/failure.ts";
import { parseServerAddress } from "../cli/server/address.ts";
import { type Demanded, parseWanted } from "../cli/templates/wanted.ts";
import { collectOrigin, parseListen, parsePort } from "../start/options.ts";
import { WrongUse } from "../start/stopped.ts";

export interface AgentCommand {
  readonly namespaces: readonly string[];
  /** Addresses of origins and agents, and the word `bucket`, in the order in which they are asked. */
  readonly from: readonly string[];
  /** ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX]. */
  readonly bucket: string | undefined;
  /** Keys that sign what is taken from the bucket; none: it is taken unsigned. */
  readonly trust: readonly string[] | undefined;
  readonly branch: string | undefined;
  readonly dataDir: string;
  readonly listen: { readonly host: string; readonly port: number } | { readonly socket: string };
  readonly tokenFile: string | undefined;
  /** A PEM file of authorities to trust besides Node's. */
  readonly ca: string | undefined;
  readonly ownTokens: string | undefined;
  readonly keepTokensMs: number;
  readonly edge: string | undefined;
  readonly limits: EdgeLimits;
  readonly acceptedLineages: readonly string[];
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly log: "text" | "json" | undefined;
  readonly logRequests: boolean;
  readonly render: readonly Rendering[];
}

/** A file that is made of a template, of what is served of a namespace. */
export interface Rendering extends Demanded {
  readonly namespace: string;
}

/** A source that is a bucket and no server. */
export const BUCKET = "bucket";

const DEFAULT_PORT = 3001;
const EDGE_NAME = new RegExp(EDGE_PATTERN);
const CHANNEL = new RegExp(CHANNEL_PATTERN);
const LINEAGE = new RegExp(LINEAGE_PATTERN);

/** Throws CommanderError for wrong use, after having said what is wrong. */
export function parseAgentOptions(args: readonly string[], name: string): AgentCommand {
  const program = new Command(name)
    .description(
      "keep namespaces beside the services that read them, and serve them whatever happens to the link",
    )
    .argument(
      "<namespace[@channel]...>",
      "what to follow: a namespace, or what a channel of it gives this edge",
    )
    .requiredOption(
      "--from <source>",
      "an origin, another agent, or `bucket`; asked in the order given (may be given again)",
      collectSource,
    )
    .option("--token-file <file>", "the token for the sources (or LEDGE_TOKEN)")
    .option(
      "--bucket <address>",
      "the bucket of `--from bucket`: ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX]; credentials as for the server",
    )
    .option(
      "--trust <key>",
      "take from the bucket only what this key signed (may be given again; or LEDGE_TRUST)",
      collect,
    )
    .option("--branch <name>", "of two newest histories in the bucket, follow this one")
    .option("--ca <file>", "a PEM file of the authority that signed the sources' certificates")
    .option("--data <dir>", "the folder of the replicas", ".ledge-agent")
    .addOption(
      new Option("--port <n>", `the port on 127.0.0.1 (default: ${DEFAULT_PORT})`).argParser(parsePort),
    )
    .addOption(
      new Option("--listen <host:port>", "listen elsewhere than on loopback")
        .argParser(parseListen)
        .conflicts("port"),
    )
    .addOption(
      new Option("--socket <path>", "listen on a Unix socket, for this user alone").conflicts([
        "port",
        "listen",
      ]),
    )
    .option("--allow-host <name>", "answer for this Host too (may be given again)", collect)
    .option("--allow-origin <url>", "let pages of this origin read (may be given again)", collectOrigin)
    .option("--edge <name>", "report to the origin under this name", parseEdge)
    .option(
      "--render <template:file[:command]>",
      "make a file of a template, and again with each change; the command runs then. NAMESPACE= stands before it where several are followed (may be given again)",
      collect,
    )
    .option(
      "--own-tokens <file>",
      "tokens that this agent accepts by itself, as `ledge token local` writes them",
    )
    .addOption(
      new Option("--keep-tokens <span>", "how long a token of the origin is good while no source answers")
        .argParser(parseKept)
        .default(86_400_000, "1d"),
    )
    .option("--max-document <bytes>", "no larger document is served", parseCount)
    .option("--max-keys <n>", "no namespace of more documents is served", parseCount)
    .option("--max-bytes <n>", "no larger namespace is served", parseCount)
    .option(
      "--max-loss <percent>",
      "the share of its documents that a namespace may lose at once",
      parseShare,
    )
    .option(
      "--accept-lineage <id>",
      "follow this history, though it does not come from what is here (may be given again)",
      collectLineage,
    )
    .addOption(
      new Option(
        "--log <format>",
        "how events are written (default: text on a terminal, json elsewhere)",
      ).choices(["text", "json"]),
    )
    .option("--log-requests", "write each request down: method, path, status and time, never a value")
    .addHelpText("after", HELP.replaceAll("NAME", name))
    .exitOverride();
  program.parse([...args], { from: "user" });
  return commandOf(program.args, program.opts<Flags>());
}

interface Flags {
  readonly from: string[];
  readonly bucket?: string;
  readonly trust?: string[];
  readonly branch?: string;
  readonly tokenFile?: string;
  readonly data: string;
  readonly port?: number;
  readonly listen?: { host: string; port: number };
  readonly socket?: string;
  readonly allowHost?: string[];
  readonly allowOrigin?: string[];
  readonly edge?: string;
  readonly ca?: string;
  readonly ownTokens?: string;
  readonly keepTokens: number;
  readonly maxDocument?: number;
  readonly maxKeys?: number;
  readonly maxBytes?: number;
  readonly maxLoss?: number;
  readonly acceptLineage?: string[];
  readonly render?: string[];
  readonly log?: "text" | "json";
  readonly logRequests?: boolean;
}

function commandOf(namespaces: readonly string[], flags: Flags): AgentCommand {
  for (const one of namespaces) judgeFollowed(one);
  const names = namespaces.map((one) => one.split("@")[0]);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new WrongUse(`${twice} is named twice: an agent serves one state of a namespace`);
  judgeBucketFlags(flags);
  const { socket, listen, port = DEFAULT_PORT } = flags;
  const self = flags.from.find((one) => isOwnAddress(one, { port: listen?.port ?? port, socket }));
  if (self !== undefined)
    throw new WrongUse(`--from ${self} is where this agent listens itself: name an origin, or another agent`);
  return {
    namespaces,
    from: flags.from,
    bucket: flags.bucket,
    trust: flags.trust,
    branch: flags.branch,
    dataDir: resolve(flags.data),
    listen: socket !== undefined ? { socket: resolve(socket) } : (listen ?? { host: "127.0.0.1", port }),
    tokenFile: flags.tokenFile === undefined ? undefined : resolve(flags.tokenFile),
    ca: flags.ca === undefined ? undefined : resolve(flags.ca),
    ownTokens: flags.ownTokens === undefined ? undefined : resolve(flags.ownTokens),
    keepTokensMs: flags.keepTokens,
    edge: flags.edge,
    limits: {
      documentBytes: flags.maxDocument ?? EDGE_LIMITS.documentBytes,
      keys: flags.maxKeys ?? EDGE_LIMITS.keys,
      bytes: flags.maxBytes ?? EDGE_LIMITS.bytes,
      loss: flags.maxLoss ?? EDGE_LIMITS.loss,
    },
    acceptedLineages: flags.acceptLineage ?? [],
    allowHosts: flags.allowHost ?? [],
    allowOrigins: flags.allowOrigin ?? [],
    log: flags.log,
    logRequests: flags.logRequests === true,
    render: (flags.render ?? []).map((text) => renderingOf(text, names)),
  };
}

function isOwnAddress(
  from: string,
  { port, socket }: { readonly port: number; readonly socket: string | undefined },
): boolean {
  if (socket !== undefined) return from === `unix:${resolve(socket)}`;
  if (!/^https?:/.test(from)) return false;
  const url = new URL(from);
  return url.port === String(port) && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
}

/** What is said of a bucket that is no source would be passed over in silence. */
function judgeBucketFlags({ from, bucket, trust, branch }: Flags): void {
  if (from.includes(BUCKET)) return;
  const said = Object.entries({ bucket, trust, branch }).find(([, value]) => value !== undefined)?.[0];
  if (said !== undefined)
    throw new WrongUse(`--${said} is about the bucket, and that is no source here: add --from bucket`);
}

function judgeFollowed(text: string): void {
  const [namespace = "", channel, ...rest] = text.split("@");
  if (!isNamespaceName(namespace)) throw new WrongUse(`${text}: ${NAMESPACE_RULE}`);
  if (rest.length > 0 || (channel !== undefined && !CHANNEL.test(channel)))
    throw new WrongUse(`${text}: a channel is a lower-case letter or digit and up to 62 more, or hyphens`);
}

function renderingOf(text: string, names: readonly (string | undefined)[]): Rendering {
  const [, named, rest = ""] = /^(?:([a-z0-9-]+)=)?(.*)$/s.exec(text) ?? [];
  const wanted = parseWanted(rest);
  if (wanted === undefined)
    throw new WrongUse(`--render ${text}: say TEMPLATE:FILE, or TEMPLATE:FILE:COMMAND`);
  const namespace = named ?? (names.length === 1 ? names[0] : undefined);
  if (namespace === undefined || !names.includes(namespace))
    throw new WrongUse(`--render ${text}: say of which namespace, as ${names[0]}=TEMPLATE:FILE`);
  return { ...wanted, namespace };
}

/**
 * The token for the sources: of the file, or of LEDGE_TOKEN; read anew with each request, so that a rotated one is taken. A file
 * that holds none does not end an agent, which has a state to serve: `log` tells of it once.
 */
export function sourceToken(
  { tokenFile }: Pick<AgentCommand, "tokenFile">,
  { LEDGE_TOKEN }: Readonly<Record<string, string | undefined>>,
  log: (text: string) => void = () => {},
): () => string | undefined {
  let last: string | undefined;
  let told = "";
  return () => {
    const read = tokenFile === undefined ? tokenIn(LEDGE_TOKEN, "LEDGE_TOKEN") : tokenOfFile(tokenFile);
    // While it is exchanged, or gone: what it said last.
    if ("trouble" in read) {
      if (read.trouble !== told) log(read.trouble);
      told = read.trouble;
    } else {
      last = read.token;
      told = "";
    }
    return last;
  };
}

type ReadToken = { readonly token: string | undefined } | { readonly trouble: string };

function tokenOfFile(file: string): ReadToken {
  try {
    return tokenIn(readFileSync(file, "utf8"), `--token-file ${file}`);
  } catch (error) {
    return { trouble: `--token-file ${file} cannot be read: ${thrownText(error)}` };
  }
}

/** A header cannot hold all that a file can. */
function tokenIn(text: string | undefined, from: string): ReadToken {
  const token = text?.trim();
  if (token === undefined || parseToken(token) !== undefined) return { token };
  return { trouble: `${from} holds no token of Ledge, which begins with ldg_ and is one line` };
}

const HELP = `
Examples:
  NAME shop-prod --from https://ledge.example.com --token-file /etc/ledge/edge-token
  NAME shop-prod --from https://ledge.example.com --from bucket --bucket s3://backups --edge eu/fra-1
  NAME shop-prod@stable --from https://ledge.example.com --edge eu/fra-1
  NAME shop-prod --from http://127.0.0.1:3000 --socket /run/ledge/agent.sock

Exit codes: 0 told to stop (SIGINT, SIGTERM, SIGHUP), 1 it cannot start or go on, and says why, 2 wrong use.
`;

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function collectSource(value: string, before: string[] = []): string[] {
  if (value === BUCKET) return [...before, value];
  try {
    return [...before, parseServerAddress(value)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new InvalidArgumentError([error.message, error.hint, "or say bucket"].filter(Boolean).join("; "));
  }
}

function collectLineage(value: string, before: string[] = []): string[] {
  if (LINEAGE.test(value)) return [...before, value];
  throw new InvalidArgumentError("a history has a name of 32 hex digits, as the agent's log names it");
}

function parseEdge(value: string): string {
  if (EDGE_NAME.test(value)) return value;
  throw new InvalidArgumentError(
    "a name is a lower-case letter or digit and up to 126 more, with . _ / and - among them",
  );
}

function parseKept(value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new InvalidArgumentError("say a span, such as 30m, 12h or 7d");
  return ms;
}

function parseCount(value: string): number {
  const count = Number(value);
  if (!/^\d{1,15}$/.test(value) || count === 0)
    throw new InvalidArgumentError(`${value} is not a number from 1 on`);
  return count;
}

function parseShare(value: string): number {
  const share = Number(value.replace(/%$/, ""));
  if (!/^\d{1,3}%?$/.test(value) || share > 100)
    throw new InvalidArgumentError(`${value} is not a percentage`);
  return share / 100;
}
