/**
 * Names of objects. Promise: no name is ever written twice, since each carries the run that wrote it, and a
 * list begins with the newest, since each begins with 9,999,999,999,999,999 minus its revision.
 */
import { LINEAGE_PATTERN } from "../core/patterns.ts";

export type Folder = "segments" | "bases" | "auth" | "manifests" | "proofs";

const HIGHEST = 9_999_999_999_999_999n;
const LINEAGE = new RegExp(LINEAGE_PATTERN);
const MANIFEST = /^([0-9a-f]{32})\/manifests\/(\d{16})-(\d{16})-([0-9a-f]{16})\.json$/;
const EPOCH = /^epochs\/(\d{1,5})-([0-9a-f]{32})\.json$/;

function digits(number: number | bigint): string {
  return String(number).padStart(16, "0");
}

/** `<9…9 minus revision>`, 16 digits: sorts the newest first. */
export function inverse(revision: number): string {
  return digits(HIGHEST - BigInt(revision));
}

export interface NameParts {
  readonly lineage: string;
  readonly revision: number;
  readonly run: string;
}

function stem(folder: Folder, { lineage, revision, run }: NameParts): string {
  return `${folderPrefix(lineage, folder)}${inverse(revision)}-${digits(revision)}-${run}`;
}

export function manifestName(parts: NameParts): string {
  return `${stem("manifests", parts)}.json`;
}

export function segmentName(parts: NameParts): string {
  return `${stem("segments", parts)}.ndjson.gz`;
}

export function authSegmentName(parts: NameParts): string {
  return `${stem("auth", parts)}.segment.ndjson.gz`;
}

export function baseIndexName(parts: NameParts): string {
  return `${stem("bases", parts)}.json`;
}

/** `number` counts the parts of a base from 1; parts with tokens lie in the folder `auth`. */
export function basePartName(parts: NameParts, number: number, auth: boolean): string {
  return `${stem(auth ? "auth" : "bases", parts)}.part-${String(number).padStart(5, "0")}.ndjson.gz`;
}

export function proofName(parts: NameParts): string {
  return `${stem("proofs", parts)}.json`;
}

/** What the names of a lineage's folder begin with. */
export function folderPrefix(lineage: string, folder: Folder): string {
  return `${lineage}/${folder}/`;
}

export function manifestsPrefix(lineage: string): string {
  return folderPrefix(lineage, "manifests");
}

export const HEADS = "heads/";
export const EPOCHS = "epochs/";

export function headName(lineage: string): string {
  return `${HEADS}${lineage}.json`;
}

export function epochName(epoch: number, lineage: string): string {
  return `${EPOCHS}${epoch}-${lineage}.json`;
}

export function isLineage(text: string): boolean {
  return LINEAGE.test(text);
}

/** What a manifest's name says of it; undefined for other names, and where the two numbers disagree. */
export function parseManifestName(name: string): NameParts | undefined {
  const match = MANIFEST.exec(name);
  if (match === null) return undefined;
  const [, lineage = "", inverted = "", revisionText = "", run = ""] = match;
  const revision = Number(revisionText);
  if (!Number.isSafeInteger(revision) || inverse(revision) !== inverted) return undefined;
  return { lineage, revision, run };
}

export function parseEpochName(name: string): { epoch: number; lineage: string } | undefined {
  const match = EPOCH.exec(name);
  return match === null ? undefined : { epoch: Number(match[1]), lineage: match[2] ?? "" };
}

/** The lineage of `heads/<lineage>.json`. */
export function parseHeadName(name: string): string | undefined {
  return /^heads\/([0-9a-f]{32})\.json$/.exec(name)?.[1];
}

const OBJECT =
  /^([0-9a-f]{32})\/(?:segments|bases|auth|proofs)\/\d{16}-(\d{16})-([0-9a-f]{16})\.[a-z0-9.-]+$/;

/** What the name of any object but a manifest says of it; undefined for names that are not ours. */
export function parseObjectName(name: string): NameParts | undefined {
  const match = OBJECT.exec(name);
  if (match === null) return undefined;
  const [, lineage = "", revision = "", run = ""] = match;
  return { lineage, revision: Number(revision), run };
}
