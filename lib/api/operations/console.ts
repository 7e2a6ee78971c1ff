/** The console: its page, what the page loads, and the session that its requests carry. */
import { ASKED, ASKING, type Operation } from "../operation.ts";

export const consoleRoutes = [
  {
    id: "openConsole",
    component: "console",
    method: "get",
    path: "/",
    summary: "The console: a page for browsers.",
    needs: "nothing",
    store: "none",
    parameters: [],
    answers: { 200: { description: "The page, compressed with gzip.", content: "page" } },
    codes: [...ASKING, "no_route"],
  },
  {
    id: "readConsoleAsset",
    component: "console",
    method: "get",
    path: "/console/assets/{asset}",
    summary: "A script or a style of the console. Its name changes with its content.",
    needs: "nothing",
    store: "none",
    parameters: ["asset"],
    answers: { 200: { description: "The file, compressed with gzip.", content: "bytes" } },
    codes: [...ASKING, "no_route"],
  },
  {
    id: "beginConsoleSession",
    component: "console",
    method: "post",
    path: "/console/session",
    summary:
      "Keeps the token of this request in the cookie `ledge_session`, for 12 hours. Only the console's own page may ask.",
    needs: "any_token",
    parameters: [],
    answers: { 204: { description: "Signed in.", headers: ["Set-Cookie"] } },
    codes: [...ASKED, "invalid_body", "no_route"],
  },
  {
    id: "endConsoleSession",
    component: "console",
    method: "delete",
    path: "/console/session",
    summary: "Ends the session of the console: the browser forgets the cookie.",
    needs: "nothing",
    store: "none",
    parameters: [],
    answers: { 204: { description: "Signed out.", headers: ["Set-Cookie"] } },
    codes: [...ASKING, "bad_header", "invalid_body", "no_route"],
  },
] as const satisfies readonly Operation[];
