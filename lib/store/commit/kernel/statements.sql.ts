/** The kernel's statements as constant text: rendered when a component is built, never while it runs. */
import { renderExplanations, renderPropose, renderReplay, renderUnchanged } from "./trigger.ts";

export const proposeSql = renderPropose();
export const unchangedSql = renderUnchanged();
export const replaySql = renderReplay();
export const explanations = renderExplanations();
