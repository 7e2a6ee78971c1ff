/** The component snapshot-export: a tick of the exporter, by HTTP and by the cron trigger. */
import migrations from "ledge:migrations";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import { serveScheduled } from "../../lib/engines/starling/serve.ts";
import { snapshotExport } from "./handler.ts";

export const { handleCronEvent } = serveScheduled(snapshotExport(migrations, openS3Bucket));
