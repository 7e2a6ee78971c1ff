/** Service chaining for the small components: a POST to another component of this application, in memory. */
import { sendRequest } from "fermyon:spin/http";
import type { CallComponent } from "../../http/world.ts";

const NOTHING = new Uint8Array(0);

export const chain: CallComponent = (component, path, body) => {
  const uri = `http://${component}.spin.internal${path}`;
  try {
    const {
      status,
      headers,
      body: answered,
    } = sendRequest({
      method: "post",
      uri,
      headers: [],
      params: [],
      body,
    });
    return { status, headers: headers ?? [], body: answered ?? NOTHING };
  } catch {
    // Denied, or the host could not run it. The caller says in the log that there was no answer.
    return undefined;
  }
};
