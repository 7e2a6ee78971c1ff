/**
 * POST /v1/backup/seal: the last backup before a planned move. The store is in read-only mode, refuses every write
 * from now on, and its last manifest says so: whoever restores that goes on in the same epoch.
 */
import { refuse } from "../../lib/core/refusal.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import { findPosition } from "../../lib/store/catalogue/catalogue.ts";
import { sealStore } from "../../lib/store/catalogue/epoch.ts";
import { readSealedManifest } from "../../lib/store/catalogue/seal.ts";
import type { Work } from "./admit.ts";
import { type Export, exportNow, reportOf } from "./export.ts";

export function sealNow(exporting: Export): Work {
  return async (settings) => {
    const { db } = exporting.world;
    // What is not in the bucket yet goes there first: a store that cannot be exported is not sealed either.
    const first = reportOf(await exportNow(exporting, settings));
    if (!first.ok) return () => first;
    if (!sealStore(db)) {
      return () =>
        refuse(
          "read_only",
          "Only a store in read-only mode is sealed: `ledge mode read-only` first, then seal again.",
        );
    }
    const report = reportOf(await exportNow(exporting, settings, { asked: { replay: true } }));
    if (!report.ok) return () => report;
    const position = findPosition(db);
    const manifest = readSealedManifest(db);
    const state = report.value.state === "skipped" ? "skipped" : manifest === null ? "sealing" : "sealed";
    return () =>
      jsonReply(200, {
        state,
        revision: position?.revision ?? null,
        provenRevision: report.value.provenRevision,
        manifest,
        sha256: manifest !== null && position?.manifest === manifest ? position.manifestSha256 : null,
      });
  };
}
