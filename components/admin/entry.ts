/** The component admin: administration, health and metrics as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { chain } from "../../lib/guest/chain.ts";
import { plainFault } from "../../lib/guest/plain-fault.ts";
import { serve } from "../../lib/guest/qjs.ts";
import { admin } from "./handler.ts";

export const inboundHttp = serve(admin(migrations), plainFault, chain);
