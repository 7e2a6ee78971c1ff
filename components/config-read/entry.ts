/** The component config-read: the read routes as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import { serve } from "../../lib/engines/quickjs/serve.ts";
import { configRead } from "./handler.ts";

export const inboundHttp = serve(atOnce(configRead(migrations)));
