/** The component config-write: the write routes as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { serve } from "../../lib/guest/qjs.ts";
import { configWrite } from "./handler.ts";

export const inboundHttp = serve(configWrite(migrations));
