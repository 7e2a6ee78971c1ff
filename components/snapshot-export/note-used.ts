/** POST /internal/tokens-used: on which day tokens were last used, as the host has noticed. Only a host reaches it. */
import * as z from "zod/mini";
import { accessor, day } from "../../lib/api/shapes.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { textReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { noteUsed } from "../../lib/store/catalogue/used.ts";

const Used = z.record(accessor, day);

export async function postUsed(_: object, { request, world }: Context): Promise<Answer> {
  const used = z.safeParse(Used, JSON.parse(new TextDecoder().decode(request.body)));
  if (!used.success) return refuse("invalid_body", "The body is a day by accessor.");
  noteUsed(world.db, used.data);
  return textReply(204, "");
}
