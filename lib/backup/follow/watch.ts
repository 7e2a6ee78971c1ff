/**
 * The look for something new. Promise: where there is nothing new a look costs one LIST and at most one GET. Looks take
 * turns: one lists the manifests of the history that is followed, the next one lists the claims of epochs, so a history that
 * a restore has opened is seen one look later. Lanes that look at the same time share a look.
 */
import { listClaims, readLineageHead } from "../../snapshot/heads.ts";
import { type ReadManifest, readableManifest } from "../../snapshot/read.ts";
import { listManifests } from "../histories/branches.ts";
import { newestOf } from "../histories/choose-branch.ts";
import { type Choosing, type Chosen, chooseNewest, orOlder, revisionNamed } from "./choose.ts";

export interface ManifestWatch {
  /**
   * The newest manifest that can be taken. A thorough look lists both, for whoever is about to read a whole state anyway.
   * Throws SourceRefused and BucketFault.
   */
  newest(thorough?: boolean): Promise<ReadManifest>;
}

interface Look {
  readonly thorough: boolean;
  readonly found: Promise<ReadManifest>;
}

export function openWatch(choosing: Choosing): ManifestWatch {
  let held: Chosen | undefined;
  let turn = 0;
  let going: Look | undefined;
  const look = async (thorough: boolean) => {
    if (held === undefined) held = await chooseNewest(choosing);
    else {
      // A look that is refused is the next one, too: its refusal must not seem to come and go.
      const next = turn + 1;
      if (thorough || next % 2 === 0) held = await lookAtClaims(choosing, held, next);
      if (thorough || next % 2 === 1) held = await lookAtManifests(choosing, held);
      turn = next;
    }
    return held.read;
  };
  return {
    newest(thorough = false) {
      if (going !== undefined && (going.thorough || !thorough)) return going.found;
      // One after the other: what a slow look found must not take the place of something newer.
      const before = going?.found.catch(() => undefined) ?? Promise.resolve();
      const found = before.then(() => look(thorough));
      const mine = { thorough, found };
      going = mine;
      const end = () => {
        if (going === mine) going = undefined;
      };
      found.then(end, end);
      return found;
    },
  };
}

/** What followed the manifest in its lineage. */
async function lookAtManifests(choosing: Choosing, held: Chosen): Promise<Chosen> {
  const { bucket, reading } = choosing;
  const { lineage, epoch } = held.read.manifest;
  const names = await listManifests(bucket, lineage);
  // Pruned, since something newer stands there, or taken away.
  if (!names.includes(held.read.name)) return chooseNewest(choosing);
  const fresh = names.filter((name) => !held.names.has(name));
  if (fresh.length === 0) return again(choosing, held, names);
  if (held.named) return chooseNewest(choosing);
  const looked = names.filter((name) => fresh.includes(name) || name === held.read.name);
  const top = { lineage, epoch, revision: revisionNamed(looked[0] ?? ""), names: looked };
  const found = await orOlder(choosing, () => newestOf(bucket, top, reading), [top]);
  if (!found.ok) return chooseNewest(choosing);
  const { newest, named } = found.value;
  return { ...held, read: newest, named, names: new Set(names) };
}

/** A manifest that was passed over because of damage may have been damaged on its way only. */
async function again({ bucket, reading, ...choosing }: Choosing, held: Chosen, names: readonly string[]) {
  const [first] = names;
  if (first === undefined || revisionNamed(first) <= held.read.manifest.revision) return held;
  const sound = await readableManifest(bucket, first, reading);
  return sound === undefined ? held : chooseNewest({ bucket, reading, ...choosing });
}

/**
 * Whether another history has come. It claims its epoch before anything else and writes its head last, so that a claim
 * without a head says that it is about to come, and one whose exporter has died is no reason to read everything.
 */
async function lookAtClaims(choosing: Choosing, held: Chosen, turn: number): Promise<Chosen> {
  const { bucket } = choosing;
  const unknown = (await listClaims(bucket)).filter(({ lineage }) => !held.lineages.has(lineage));
  const looked = unknown[Math.floor(turn / 2) % Math.max(1, unknown.length)];
  if (looked === undefined) return held;
  const head = await readLineageHead(bucket, looked.lineage);
  return head === undefined ? held : chooseNewest(choosing);
}
