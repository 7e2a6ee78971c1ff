/** The component config-plan: plans and reverts as Spin's HTTP export. */
import migrations from "ledge:migrations";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import { plainFault } from "../../lib/engines/guest/plain-fault.ts";
import { chain } from "../../lib/engines/quickjs/chain.ts";
import { serve } from "../../lib/engines/quickjs/serve.ts";
import { commitJudged } from "../../lib/http/commit-judged.ts";
import { configPlan } from "./handler.ts";

export const inboundHttp = serve(atOnce(configPlan(migrations), commitJudged), plainFault, chain);
