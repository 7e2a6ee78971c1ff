/** Runs one case of the store contract inside a component, on the host's SQLite: `/contract/<number>`. */
import migrations from "ledge:migrations";
import { serve } from "../../lib/engines/quickjs/serve.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { storeContract } from "../store-contract.ts";

export const inboundHttp = serve((request, world) => {
  const one = storeContract[Number(request.uri.split("/").at(-1))];
  if (one === undefined) return { status: 404, headers: [], body: "" };
  try {
    one.run(world.db, migrations);
    return { status: 200, headers: [], body: one.name };
  } catch (error) {
    const text = error instanceof StoreFault ? ` ${error.text}` : "";
    return { status: 500, headers: [], body: `${String(error)}${text}` };
  }
});
