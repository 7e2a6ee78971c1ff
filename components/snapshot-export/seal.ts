/**
 * POST /v1/backup/seal: the last backup before a planned move. The store is in read-only mode, refuses every write
 * from now on, and its last manifest says so: whoever restores that goes on in the same epoch.
 */
import type { Sealed } from "../../lib/api/backup-answers.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { findPosition } from "../../lib/store/catalogue/catalogue.ts";
import { sealStore } from "../../lib/store/catalogue/epoch.ts";
import { readSealedManifest } from "../../lib/store/catalogue/seal.ts";
import { exportNow, reportOf } from "./export.ts";
import type { Exporting } from "./with-bucket.ts";

export async function sealNow(exporting: Exporting): Promise<Answer<Sealed>> {
  const { db } = exporting.world;
  // What is not in the bucket yet goes there first: a store that cannot be exported is not sealed either.
  const first = reportOf(await exportNow(exporting));
  if (!first.ok) return first;
  if (!sealStore(db)) {
    return refuse(
      "read_only",
      "Only a store in read-only mode is sealed: `ledge mode read-only` first, then seal again.",
    );
  }
  const report = reportOf(await exportNow(exporting, { asked: { replay: true } }));
  if (!report.ok) return report;
  const position = findPosition(db);
  const manifest = readSealedManifest(db);
  return jsonReply(200, {
    state: report.value.state === "skipped" ? "skipped" : manifest === null ? "sealing" : "sealed",
    revision: position?.revision ?? null,
    provenRevision: report.value.provenRevision,
    manifest,
    sha256: manifest !== null && position?.manifest === manifest ? position.manifestSha256 : null,
  });
}
