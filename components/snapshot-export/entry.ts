/** The component snapshot-export: a tick of the exporter, by HTTP and by the cron trigger. */
import migrations from "ledge:migrations";
import { openS3Bucket } from "../../lib/backup/s3-bucket.ts";
import { serve } from "../../lib/guest/starling.ts";
import { snapshotExport } from "./handler.ts";

export const { handleCronEvent } = serve(snapshotExport(migrations, openS3Bucket));
