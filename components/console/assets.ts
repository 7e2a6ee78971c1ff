/**
 * GET / and GET /console/assets/NAME: the files of the console as the build made them. They are compressed then, and
 * sent as they are: a component that compressed them would pay for it with every request. Names of assets carry a hash
 * of their content, so browsers keep them for good; the page names the assets, so it is asked for each time.
 */

import type { Input } from "../../lib/api/typed.ts";
import { decodeBase64 } from "../../lib/core/base64.ts";
import { VARY } from "../../lib/core/http.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import type { Answer } from "../../lib/http/result.ts";
import { judgeSwitchedOn } from "./switched.ts";

/** What the build gives: gzip in base64. */
export interface PackedAsset {
  readonly name: string;
  readonly type: string;
  readonly gzip: string;
}

export interface Asset extends Omit<PackedAsset, "gzip"> {
  readonly bytes: Uint8Array;
}

export type Assets = ReadonlyMap<string, Asset>;

const PAGE = "index.html";

/** Nothing but our own files, no inline script or style, and no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Done when a component is built: its memory then holds the bytes. */
export function unpackAssets(packed: readonly PackedAsset[]): Assets {
  return new Map(
    packed.map(({ gzip, ...asset }) => {
      const bytes = decodeBase64(gzip);
      if (bytes === undefined) throw new Error(`${asset.name} is not base64`);
      return [asset.name, { ...asset, bytes }];
    }),
  );
}

export function getPage(assets: Assets) {
  return (_input: Input<"openConsole">, context: Context<undefined>): Answer =>
    judgeSwitchedOn(context) ?? fileReply(assets.get(PAGE), "no-cache");
}

export function getAsset(assets: Assets) {
  return ({ asset }: Input<"readConsoleAsset">, context: Context<undefined>): Answer =>
    judgeSwitchedOn(context) ??
    fileReply(
      asset === null || asset === PAGE ? undefined : assets.get(asset),
      "public, max-age=31536000, immutable",
    );
}

function fileReply(asset: Asset | undefined, keep: string): Answer {
  if (asset === undefined)
    return refuse(
      "no_route",
      "This console has no such file. Load the page again: a newer one has other files.",
    );
  const headers: [string, string][] = [
    ["cache-control", keep],
    ["vary", VARY],
    ["x-content-type-options", "nosniff"],
    ["content-security-policy", POLICY],
    ["cross-origin-resource-policy", "same-origin"],
    ["cross-origin-opener-policy", "same-origin"],
    ["referrer-policy", "no-referrer"],
  ];
  return {
    status: 200,
    headers: [["content-type", asset.type], ["content-encoding", "gzip"], ...headers],
    body: asset.bytes,
  };
}
