/**
 * `allowed_outbound_hosts`: the patterns of Spin (allowed_hosts.rs, v4.0.2) and whether an address is in them.
 * Promise: what Spin refuses at the start is refused here with a reason. Knows nothing of HTTP.
 */
import { BlockList, isIP } from "node:net";

export interface OutboundPattern {
  readonly source: string;
  /** Undefined means any. */
  readonly scheme: string | undefined;
  readonly host:
    | { readonly kind: "any" | "self" }
    | { readonly kind: "literal" | "subdomains" | "chained"; readonly name: string }
    | {
        readonly kind: "cidr";
        readonly address: string;
        readonly bits: number;
        readonly family: "ipv4" | "ipv6";
      };
  /** Inclusive; undefined means any. */
  readonly port: { readonly from: number; readonly to: number } | undefined;
}

const PORTS: Record<string, number> = {
  http: 80,
  https: 443,
  redis: 6379,
  mysql: 3306,
  postgres: 5432,
  mqtt: 1883,
};

/** Reads one entry. Throws, saying why, on what Spin would refuse. */
export function parseOutbound(entry: string): OutboundPattern {
  const text = entry.trim();
  if (text === "insecure:allow-all") {
    throw new Error("'insecure:allow-all' is not allowed in manifest version 2; use '*://*:*' instead");
  }
  const mark = text.indexOf("://");
  if (mark < 0) throw new Error(`'${entry}' does not contain a scheme (e.g. 'http://' or '*://')`);
  const scheme = text.slice(0, mark);
  const rest = text.slice(mark + 3);
  if (scheme.includes("{")) throw new Error(`'${entry}': lists of schemes are not supported`);
  if (!/^(\*|[a-z][a-z0-9+.-]*)$/i.test(scheme)) throw new Error(`'${entry}': '${scheme}' is not a scheme`);
  const { host, port } = hostAndPort(entry, rest);
  return {
    source: text,
    scheme: scheme === "*" ? undefined : scheme,
    host: parseHost(entry, host),
    port: parsePort(entry, port, scheme),
  };
}

function hostAndPort(entry: string, text: string): { host: string; port: string | undefined } {
  // A trailing slash is taken off; a CIDR block has the only other slash that may stand there.
  const bare = text.endsWith("/") ? text.slice(0, -1) : text;
  const cidr = /^(\[?[0-9a-f:.]+\]?\/\d{1,3})(?::(.*))?$/i.exec(bare);
  if (cidr !== null) return { host: cidr[1] ?? "", port: cidr[2] };
  if (bare.includes("/"))
    throw new Error(`'${entry}' contains a path; only scheme, host and port are allowed`);
  const bracket = /^(\[[^\]]+\])(?::(.*))?$/.exec(bare);
  if (bracket !== null) return { host: bracket[1] ?? "", port: bracket[2] };
  const colon = bare.lastIndexOf(":");
  if (colon < 0) return { host: bare, port: undefined };
  return { host: bare.slice(0, colon), port: bare.slice(colon + 1) };
}

function parseHost(entry: string, host: string): OutboundPattern["host"] {
  if (host === "") throw new Error(`'${entry}' has no host`);
  if (host.includes("{")) throw new Error(`'${entry}': host lists are not yet supported`);
  if (host === "*") return { kind: "any" };
  if (host === "self" || host === "self.alt") return { kind: "self" };
  if (host.endsWith(".spin.internal"))
    return { kind: "chained", name: host.slice(0, -".spin.internal".length) };
  const block = /^\[?([0-9a-f:.]+)\]?\/(\d{1,3})$/i.exec(host);
  if (block !== null) {
    const address = block[1] ?? "";
    const version = isIP(address);
    if (version === 0) throw new Error(`'${entry}' is not an address block`);
    return { kind: "cidr", address, bits: Number(block[2]), family: version === 4 ? "ipv4" : "ipv6" };
  }
  if (host.startsWith("*.") && !host.slice(2).includes("*"))
    return { kind: "subdomains", name: lower(host.slice(2)) };
  if (host.includes("*")) throw new Error(`'${entry}': '*' may only be the whole host or its first label`);
  if (/[\s?#@\\]/.test(host)) throw new Error(`'${entry}': '${host}' is not a host`);
  return { kind: "literal", name: lower(host.replace(/^\[|\]$/g, "")) };
}

function parsePort(entry: string, port: string | undefined, scheme: string): OutboundPattern["port"] {
  if (port === undefined) {
    if (scheme === "*") return undefined;
    const known = PORTS[scheme];
    if (known === undefined) throw new Error(`'${entry}': '${scheme}' has no default port; name one`);
    return { from: known, to: known };
  }
  if (port === "*") return undefined;
  const range = /^(\d{1,5})(?:\.\.(\d{1,5}))?$/.exec(port);
  const from = Number(range?.[1]);
  // A range is written `from..to`, without its end.
  const to = range?.[2] === undefined ? from : Number(range[2]) - 1;
  if (range === null || from > 65535 || to > 65535 || to < from)
    throw new Error(`'${entry}': '${port}' is not a port`);
  return { from, to };
}

/** Whether some pattern lets this absolute address through. */
export function allowsOutbound(patterns: readonly OutboundPattern[], url: URL): boolean {
  const scheme = url.protocol.slice(0, -1);
  const host = lower(url.hostname.replace(/^\[|\]$/g, ""));
  const port = Number(url.port) || (PORTS[scheme] ?? 0);
  return patterns.some((pattern) => {
    if (pattern.host.kind === "chained") return hostMatches(pattern.host, host);
    if (pattern.scheme !== undefined && pattern.scheme !== scheme) return false;
    if (pattern.host.kind === "self") return host === "self.alt";
    if (pattern.port !== undefined && (port < pattern.port.from || port > pattern.port.to)) return false;
    return hostMatches(pattern.host, host);
  });
}

function hostMatches(pattern: OutboundPattern["host"], host: string): boolean {
  switch (pattern.kind) {
    case "any":
      return true;
    case "self":
      return host === "self.alt";
    case "literal":
      return host === pattern.name;
    case "subdomains":
      return host.endsWith(`.${pattern.name}`);
    case "chained":
      return pattern.name === "*"
        ? host.endsWith(".spin.internal")
        : host === `${pattern.name}.spin.internal`;
    case "cidr": {
      if (isIP(host) === 0) return false;
      const list = new BlockList();
      list.addSubnet(pattern.address, pattern.bits, pattern.family);
      return list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
    }
  }
}

function lower(text: string): string {
  return text.toLowerCase();
}
