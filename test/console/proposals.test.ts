import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { serveConsole, show } from "../../testkit/console-editor.ts";

const console = serveConsole("console-proposals");
const { ledge } = console;
const tokens = { kim: "", ann: "" };

beforeAll(async () => {
  await ledge(["ns", "put", "bank", "--review", "all"]);
  tokens.kim = await console.makeToken("kim", "read,plan,history,write:bank");
  tokens.ann = await console.makeToken("ann", "read,history,approve:bank");
});

/** Proposed by kim with the command; gives its id. */
async function propose(key: string, text: string, message: string): Promise<string> {
  const file = join(console.folder, "proposed");
  writeFileSync(file, text);
  const args = ["propose", file, "--to", `bank/${key}`, "-m", message, "-o", "json"];
  const { stdout, stderr } = await ledge(args, { env: { LEDGE_TOKEN: tokens.kim } });
  const id = /"id":\s*"(\w+)"/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(stderr);
  return id;
}

async function openProposal(page: Page, id: string): Promise<void> {
  await show(page, `#/proposals/${id}`);
  await page.getByText(id).first().waitFor();
}

describe("a proposal", () => {
  test("is made in the editor, and committed byte for byte by somebody else", async () => {
    const text = '{"pct": 12345678901234567891, "__proto__": "<b>"}';
    const kims = await console.page({ token: tokens.kim });
    await show(kims, "#/edit/bank/rate?new=1&type=application/json");
    const editor = kims.getByRole("textbox", { name: /^Text of/ });
    await editor.waitFor();
    await editor.focus();
    await kims.keyboard.press("Control+a");
    await kims.keyboard.insertText(text);
    await kims.keyboard.press("Control+s");
    await kims.getByText("A second person has to approve this.").waitFor();
    await kims.getByLabel(/^Why \(/).fill("a first rate");
    await kims.getByRole("button", { name: "Propose" }).click();
    await kims.getByText(/Proposed as/).waitFor();

    const anns = await console.page({ token: tokens.ann });
    await anns.getByRole("link", { name: "Proposals" }).click();
    await anns.getByRole("link", { name: /a first rate/ }).click();
    await anns.getByText(/"pct": 12345678901234567891/).waitFor();
    await anns.getByRole("button", { name: "Approve and commit" }).click();
    await anns.getByText(/Committed as/).waitFor();
    expect((await ledge(["get", "bank/rate"])).stdout).toBe(text);
  });

  test("is withdrawn by who made it, who is offered no approval", async () => {
    const id = await propose("withdrawn", "1", "perhaps");
    const page = await console.page({ token: tokens.kim });
    await openProposal(page, id);
    await page.getByRole("button", { name: "Withdraw" }).waitFor();
    expect(await page.getByRole("button", { name: "Approve and commit" }).count()).toBe(0);
    await page.getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("Withdrawn.").waitFor();
    expect((await ledge(["proposals"])).stdout).not.toContain(id);
  });

  test("is rejected with a reason, which the log keeps", async () => {
    const id = await propose("rejected", "1", "too much");
    const page = await console.page({ token: tokens.ann });
    await openProposal(page, id);
    await page.getByLabel(/^Why it is rejected/).fill("not this week");
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByText("Rejected.").waitFor();
    expect((await ledge(["log", "-n", "1"])).stdout).toContain("not this week");
  });

  test("is void once what it was planned on has moved, and says so", async () => {
    const id = await propose("moved", "1", "on old ground");
    const page = await console.page({ token: tokens.ann });
    await openProposal(page, id);
    await page.getByRole("button", { name: "Approve and commit" }).waitFor();
    const other = await propose("moved", "2", "another");
    const approved = await ledge(["approve", other, "--yes"], { env: { LEDGE_TOKEN: tokens.ann } });
    expect(approved.stderr).toContain("is committed");
    await page.getByText(/It is void/).waitFor();
    expect(await page.getByRole("button", { name: "Approve and commit" }).count()).toBe(0);
  });

  test("is approved only, applied by who may write, and then a decided one", async () => {
    const id = await propose("later", "7", "for tonight");
    const anns = await console.page({ token: tokens.ann });
    await openProposal(anns, id);
    await anns.getByRole("button", { name: "Approve only" }).click();
    await anns.getByText("approved by ann, not applied").waitFor();
    expect(await anns.getByRole("button", { name: "Apply" }).count()).toBe(0);
    const kims = await console.page({ token: tokens.kim });
    await openProposal(kims, id);
    await kims.getByRole("button", { name: "Apply" }).click();
    await kims.getByText(/Committed as/).waitFor();
    expect((await ledge(["get", "bank/later"])).stdout).toBe("7");
    await show(anns, "#/proposals/decided");
    await anns
      .getByRole("link", { name: /for tonight/ })
      .getByText("applied by kim")
      .waitFor();
  });
});

test("a rollout that waits is approved by somebody else than who began it", async () => {
  const ok = async (line: string, token?: string) => {
    const ran = await ledge(line.split(" "), token === undefined ? {} : { env: { LEDGE_TOKEN: token } });
    if (ran.status !== 0) throw new Error(ran.stderr);
  };
  await ok("ns put shop");
  await ok("put shop/k 1");
  await ok("channel set shop/stable --to head");
  await ok("put shop/k 2 --if any");
  const [sam, eve] = [
    await console.makeToken("sam", "read,rollout,approve:shop"),
    await console.makeToken("eve", "approve:shop"),
  ];
  await ok("rollout start shop/stable --to head --step 100% --bake 1h --review", sam);
  const sams = await console.page({ token: sam });
  await show(sams, "#/rollouts/shop/stable");
  await sams.getByText("Step 1 waits for a second person to approve it.").first().waitFor();
  expect(await sams.getByRole("button", { name: /^Approve/ }).count()).toBe(0);
  const eves = await console.page({ token: eve });
  await eves.getByRole("link", { name: "Rollouts", exact: true }).click();
  await eves.getByRole("link", { name: "shop/stable" }).click();
  await eves.getByText(/^Began .*, by sam/).waitFor();
  expect(await eves.getByRole("button", { name: /^Roll back/ }).count()).toBe(0);
  await eves.getByRole("button", { name: /^Approve/ }).click();
  await eves.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await eves.getByText("Step 1 was approved by eve").waitFor();
});
