/** The network fails in the middle of a booking: the visitor is told, and nothing happens twice. */
import assert from "node:assert/strict";
import { PHONE, scene, stage } from "./support/browser.mjs";

const theStage = stage();
const COMMANDS = "**/public/v1/sessions/*/commands";
const ON_A_PHONE = { viewport: PHONE, expectFailedRequests: true };

async function comesToTheFirstQuestion(visitor, { hosted_url }) {
  await visitor.opens(hosted_url);
  await visitor.reads("Where do you live?");
  await visitor.types("ZIP code", "97214");
  await visitor.goesOn();
  await visitor.reads("How big is your home?");
}

async function answersOnRecord(visitor, server, { public_key }) {
  const events = await server.events(await visitor.session(public_key));
  return events.filter((event) => event.event_type === "ANSWER_SELECTED").length;
}

scene(
  "offline, the visitor is told and goes on where they were",
  theStage,
  async (visitor, { server, context }) => {
    const sparkle = server.organization("sparkle-cleaning");
    await comesToTheFirstQuestion(visitor, sparkle);
    await context.setOffline(true);
    await visitor.chooses("2 bedrooms");
    await visitor.reads("You are offline");
    await visitor.widget.getByRole("button", { name: "Try again" }).waitFor();
    assert.equal(await answersOnRecord(visitor, server, sparkle), 0, "nothing came through");
    await context.setOffline(false);
    await visitor.reads("Anything extra?");
    assert.equal(await answersOnRecord(visitor, server, sparkle), 1, "the answer came once");
  },
  ON_A_PHONE,
);

scene(
  "when answers get lost on their way back, trying again has one effect",
  theStage,
  async (visitor, { server, page }) => {
    const sparkle = server.organization("sparkle-cleaning");
    await comesToTheFirstQuestion(visitor, sparkle);
    let delivered = 0;
    await page.route(COMMANDS, async (route) => {
      await route.fetch();
      delivered += 1;
      await route.abort();
    });
    await visitor.chooses("2 bedrooms");
    await visitor.reads("We could not reach the server");
    assert.ok(delivered > 1, `the widget tried ${delivered} times by itself`);
    await page.unroute(COMMANDS);
    await visitor.presses("Try again");
    await visitor.reads("Anything extra?");
    assert.equal(await answersOnRecord(visitor, server, sparkle), 1, "the answer is there once");
  },
  ON_A_PHONE,
);

scene(
  "a click that comes before the widget opens it when it comes",
  theStage,
  async (visitor, { server, page }) => {
    let arrive;
    const arrived = new Promise((resolve) => {
      arrive = resolve;
    });
    await page.route("**/assets/widget-*.js", async (route) => {
      await arrived;
      await route.continue();
    });
    const { website_url } = server.organization("peachtree-home-services");
    await visitor.opens(website_url);
    const button = page.getByRole("button", { name: "Book a visit", exact: true }).first();
    await button.click();
    visitor.say("the widget comes late");
    arrive();
    await visitor.reads("Where do you need us?");
    await visitor.presses("Close");
    await visitor.widget.getByRole("dialog").waitFor({ state: "hidden" });
    assert.ok(
      await button.evaluate((element) => element === document.activeElement),
      "closing gives the focus back to the button",
    );
  },
  { viewport: PHONE },
);
