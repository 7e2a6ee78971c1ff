/** What a change of reserved documents was refused for, in words: codes that no other door has (lib/http/refused-commit.ts). */
import type { RefusalCode } from "../../lib/core/refusal.ts";

export const SETTING_WORDS: Partial<Record<RefusalCode, string>> = {
  escalation: "A token gives only what its giver holds, together with admin over the same keys.",
  in_use:
    "It is still needed: a live token names the namespace, it has a policy, a schema or a channel, its former history is kept, or it is the last root token.",
  not_empty: "The namespace still holds documents. Delete them first.",
  bootstrap_done: "The store has had its first token. Ask its holder for one.",
  recovery_refused: "The store has never had a token. Bootstrap makes the first one.",
  recovery_active: "A recovery token lives already. Use that one, or ask again when its hour is over.",
};
