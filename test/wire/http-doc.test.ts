import { expect, test } from "vitest";
import { renderHttpDoc } from "../../build/http-doc.ts";

test("docs/http.md is what the routes and codes say", async () => {
  await expect(renderHttpDoc()).toMatchFileSnapshot("../../docs/http.md");
});
