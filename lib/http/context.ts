/** What a handler is given besides its input: the request, the outside world, who asks, and what was read to judge that. */
import type { HttpRequest } from "../core/http.ts";
import type { Waited } from "../core/waiting.ts";
import type { ListView } from "../store/documents/view.ts";
import type { Caller } from "./caller.ts";
import type { World } from "./world.ts";

export interface Context<View = ListView> {
  readonly request: HttpRequest;
  readonly world: World;
  /** Nobody where the route asks for no token. */
  readonly caller: Caller;
  /** The store, and what was looked up together with the caller's token. */
  readonly view: View;
  /** It is a public namespace that answers: everybody would get this. */
  readonly open: boolean;
  readonly waited: Waited;
  /** When the caller was judged. Asked once, since in a guest the clock is a call of the host. */
  readonly nowMs: number;
}
