/** The component schema-check: what is judged by schemas, as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import { plainFault } from "../../lib/engines/guest/plain-fault.ts";
import { serve } from "../../lib/engines/quickjs/serve.ts";
import { schemaCheck } from "./handler.ts";

export const inboundHttp = serve(atOnce(schemaCheck(migrations)), plainFault);
