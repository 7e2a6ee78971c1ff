/** A page that shows the banner of a public namespace, and each new one as it comes. */
import { openConfig } from "../../packages/client/index.ts";

declare const document: { querySelector(name: string): { textContent: string | null } | null };
declare const location: { readonly search: string };

const url = new URLSearchParams(location.search).get("ledge") ?? "http://127.0.0.1:3000";
const config = openConfig({ url, namespace: "demo" });
const show = async () => {
  const line = document.querySelector("output");
  if (line !== null) line.textContent = String(await config.get("banner"));
};

await show();
config.watch("banner", show);
