/** Pages of a source, each as large as its link carries in some seconds (page-limit.ts). */
import { BrokenBody } from "../client/body.ts";
import { LedgeError } from "../client/errors.ts";
import type { ServerAnswer, ServerClient, ServerRequest } from "../client/server.ts";
import { PageLimit } from "./page-limit.ts";

/** Rejects as the client does. */
export type AskPage = (asked: Omit<ServerRequest, "method">) => Promise<ServerAnswer>;

/** For pages of one kind: how large an item is says nothing of another kind's. */
export function openPages(server: Pick<ServerClient, "ask">): AskPage {
  const limit = new PageLimit();
  return async (asked) => {
    try {
      const query = { ...asked.query, limit: limit.items };
      const answer = await server.ask({ ...asked, method: "GET", query });
      limit.came(answer.bodyMs);
      return answer;
    } catch (error) {
      // A source that does not even begin to answer says nothing of its link's width.
      if (error instanceof LedgeError && error.cause instanceof BrokenBody) limit.broke();
      throw error;
    }
  };
}
