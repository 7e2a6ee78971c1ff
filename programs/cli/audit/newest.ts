/**
 * The newest restore point of the history that is audited. A restore passes over what is damaged and looks for another
 * way; whoever audits has to hear of it, so the newest is taken as it stands.
 */
import { type LineageTop, listTops } from "../../../lib/backup/histories/branches.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { parseManifestName } from "../../../lib/snapshot/names.ts";
import { type Reading, type ReadManifest, readManifest } from "../../../lib/snapshot/read.ts";
import { EXIT, Failure } from "../failure.ts";

/** Throws Failure where there is none, or several and none is named; BucketFault where it is damaged. */
export async function readNewest(
  bucket: Bucket,
  branch: string | undefined,
  reading: Reading,
): Promise<ReadManifest> {
  const [lineage = "", run = ""] = branch?.split("@") ?? [];
  const tops = (await listTops(bucket)).filter((top) => top.lineage.startsWith(lineage));
  const [first] = tops;
  const name = first?.names.find((one) => parseManifestName(one)?.run.startsWith(run) === true);
  if (first === undefined || name === undefined)
    throw new Failure(
      EXIT.absent,
      `the bucket holds no ${branch === undefined ? "backup" : `branch ${branch}`}`,
      {
        code: "not_found",
      },
    );
  const rivals = tops.filter(({ epoch }) => branch !== undefined || epoch === first.epoch);
  if (rivals.length > 1)
    throw new Failure(EXIT.refused, `several histories could be meant: ${rivals.map(shortName).join(", ")}`, {
      code: "fork",
      hint: "name the one you mean with --branch",
    });
  return readManifest(bucket, name, undefined, reading);
}

function shortName({ lineage }: LineageTop): string {
  return lineage.slice(0, 8);
}
