/** The address of a server as people give it: http or https, a host, perhaps a path, and nothing secret. */
import { EXIT, Failure } from "../failure.ts";

/** The address without a last slash; two that are equal as texts are one server. Refuses anything else by name. */
export function parseServerAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Failure(EXIT.usage, `${text} is not the address of a server`, {
      hint: "it begins with http:// or https://, for example https://ledge.example.com",
    });
  if (url.username !== "" || url.password !== "")
    throw new Failure(EXIT.usage, "an address holds no user and no password", {
      hint: "a token is stored with `ledge login URL`",
    });
  if (url.search !== "" || url.hash !== "")
    throw new Failure(EXIT.usage, `${text} has more than the address of a server`);
  return url.href.replace(/\/+$/, "");
}
