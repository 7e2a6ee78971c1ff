/** The component console: the page for browsers, its assets and its session, as Spin's HTTP export. */
import assets from "ledge:console";
import migrations from "ledge:migrations";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import { serve } from "../../lib/engines/quickjs/serve.ts";
import { consoleService } from "./handler.ts";

export const inboundHttp = serve(atOnce(consoleService(migrations, assets)));
