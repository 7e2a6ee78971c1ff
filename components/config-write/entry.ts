/** The component config-write: the write routes as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { chain } from "../../lib/guest/chain.ts";
import { plainFault } from "../../lib/guest/plain-fault.ts";
import { serve } from "../../lib/guest/qjs.ts";
import { configWrite } from "./handler.ts";

export const inboundHttp = serve(configWrite(migrations), plainFault, chain);
