/** A new platform: the first account, an invitation by mail, and a second factor. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { isAccessible } from "./support/axe.mjs";
import { PHONE, scene, stage } from "./support/browser.mjs";
import { Folder } from "./support/folder.mjs";

const theStage = stage(Folder.make, "serve");
const PASSWORD = "correct horse battery staple";
const MARY = "mary@example.com";

/** Somebody in front of the account pages: finds things by what they say. */
class Person {
  constructor(page) {
    this.page = page;
  }

  /** As if in a new tab, because another `#` alone loads nothing. */
  async opens(url) {
    await this.page.goto("about:blank");
    await this.page.goto(url);
  }

  async enters(fields) {
    for (const [label, text] of Object.entries(fields))
      await this.page.getByLabel(label).fill(text);
  }

  async presses(name) {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  async reads(text) {
    await this.page.getByText(text).first().waitFor();
    await isAccessible(this.page, String(text));
  }

  async isAt(path) {
    await this.page.waitForURL((url) => url.pathname === path);
  }

  /** What the API answers to this browser. */
  async calls(method, path, body) {
    const { status, answer } = await this.page.evaluate(
      async ([method, path, body]) => {
        const headers = body ? { "content-type": "application/json" } : {};
        const answer = await fetch(`/api/v1/${path}`, { method, headers, body });
        return { status: answer.status, answer: await answer.json() };
      },
      [method, path, body && JSON.stringify(body)],
    );
    assert.ok(status < 300, `${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** What an authenticator app shows now, for a secret in base32. */
function authenticator(secret) {
  const digits = [...secret].map((it) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(it));
  const bits = digits.map((it) => it.toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => Number.parseInt(it, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(step).digest();
  const code = hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}

scene(
  "the first account invites another",
  theStage,
  async (_, { server, store, page, browser }) => {
    const ada = new Person(page);
    await ada.opens(server.setupUrl);
    await ada.enters({
      "First name": "Ada",
      "Last name": "Lovelace",
      "E-mail address": "ada@example.com",
      Password: "short",
      "Short name": "engines",
    });
    await page.getByRole("group").getByLabel(/^Name/).fill("Engines");
    await ada.presses("Set up");
    await ada.reads(/must have 12 to 256/);
    await ada.enters({ Password: PASSWORD });
    await ada.presses("Set up");
    await ada.isAt("/account");
    await ada.reads("Ada Lovelace, ada@example.com (Engines)");
    await ada.reads("Chrome on Linux");

    const me = await ada.calls("GET", "auth/me");
    const organization = `organizations/${me.active_organization_id}`;
    const roles = await ada.calls("GET", `${organization}/system_roles`);
    const viewer = roles.data.find((it) => it.name === "viewer")._id;
    await ada.calls("POST", `${organization}/invitations`, { email: MARY, roles: [viewer] });
    const link = await store.linkTo(MARY);

    const elsewhere = await browser.newContext({ viewport: PHONE, colorScheme: "dark" });
    const mary = new Person(await elsewhere.newPage());
    await mary.opens(link);
    await mary.reads(`Engines invites ${MARY}.`);
    await mary.enters({ "First name": "Mary", "Last name": "Somerville", Password: PASSWORD });
    await mary.presses("Make an account and accept");
    await mary.isAt("/account");
    await mary.reads(`Mary Somerville, ${MARY} (Engines)`);
    await mary.opens(link);
    await mary.reads("The link is not valid, or no longer.");

    await mary.opens(`${server.url}/account`);
    const factor = mary.page.getByRole("region", { name: "Second factor" });
    await factor.getByRole("button", { name: "Set up" }).click();
    await mary.reads(/Scan this/);
    const secret = await factor.locator("code").textContent();
    await mary.enters({ "Code that it shows": authenticator(secret) });
    await mary.presses("Confirm");
    await mary.reads(/Keep these recovery codes/);
    const [code] = (await factor.locator("pre").textContent()).split("\n");

    await mary.presses("Sign out");
    await mary.isAt("/account/sign-in");
    await mary.opens(`${server.url}/account`);
    await mary.isAt("/account/sign-in");
    await mary.enters({ "E-mail address": MARY, Password: "the wrong one" });
    await mary.presses("Sign in");
    await mary.reads("The e-mail address or the password is wrong.");
    await mary.enters({ Password: PASSWORD });
    await mary.presses("Sign in");
    await mary.enters({ Code: "000000" });
    await mary.presses("Sign in");
    await mary.reads(/code is wrong/);
    await mary.enters({ Code: code });
    await mary.presses("Sign in");
    await mary.isAt("/account");
    await mary.reads(/Remove the second factor/);
    await elsewhere.close();
  },
  // A wrong password, a wrong code and a used link are answered as they should be.
  { expectFailedRequests: true },
);
