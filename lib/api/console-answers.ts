/** What the console asks of itself; used as document-answers.ts is. */
import * as z from "zod/mini";

/** Whether the store takes writes, which every token may know: a write would say it. */
export const ConsoleSession = z.object({ mode: z.enum(["open", "read_only", "stopped"]) });
export type ConsoleSession = z.infer<typeof ConsoleSession>;
