/** Draws docs/images/widget.png: the widget on a sample business's page, at a desk and on a phone. */
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../tests/e2e/support/browser.mjs";
import { Server } from "../tests/e2e/support/server.mjs";
import { Visitor } from "../tests/e2e/support/visitor.mjs";

const target = join(dirname(fileURLToPath(import.meta.url)), "../docs/images/widget.png");
const DESK = { width: 1180, height: 780 };
const HAND = { width: 375, height: 720 };

async function opened(browser, server, viewport, answers) {
  const peachtree = server.organization("peachtree-home-services");
  const context = await browser.newContext({ viewport, reducedMotion: "reduce", locale: "en-US" });
  const page = await context.newPage();
  const visitor = new Visitor(page);
  await visitor.opens(peachtree.website_url);
  await page.getByRole("button", { name: "Book a visit", exact: true }).first().click();
  await visitor.reads("Where do you need us?");
  await visitor.types("ZIP code", "30305");
  await visitor.goesOn();
  for (const [question, answer] of answers) {
    await visitor.reads(question);
    await visitor.chooses(answer);
  }
  return visitor;
}

async function picture(visitor) {
  await visitor.page.mouse.move(0, 0);
  await visitor.page.evaluate(() => document.fonts.ready);
  return `data:image/png;base64,${(await visitor.page.screenshot()).toString("base64")}`;
}

const server = await Server.start();
const browser = await launch();
try {
  const atDesk = await opened(browser, server, DESK, [
    ["What can we help with?", "It's an emergency"],
  ]);
  await atDesk.reads("What is happening?");
  const inHand = await opened(browser, server, HAND, [
    ["What can we help with?", "Heating"],
    ["What is the heating doing?", "It blows cold air or turns on and off"],
    ["Which kind of system is it?", "Heat pump"],
  ]);
  await inHand.reads("Anything we should know?");
  await inHand.presses("Skip");
  await inHand.reads("When should we come?");
  await inHand.times.first().waitFor();

  const page = await browser.newPage({ viewport: { width: 1720, height: 900 } });
  await page.setContent(`<style>
    body { margin: 0; padding: 56px; display: inline-flex; align-items: center; gap: 48px; background: #e9eef0; }
    img { display: block; border-radius: 12px; box-shadow: 0 1px 2px #0003, 0 16px 40px #1233; }
    .hand { border-radius: 28px; border: 8px solid #16181d; }
  </style><img src="${await picture(atDesk)}"><img class="hand" src="${await picture(inHand)}">`);
  mkdirSync(dirname(target), { recursive: true });
  await page.locator("body").screenshot({ path: target });
  console.log(`${target}: ${Math.round(statSync(target).size / 1024)} kB`);
} finally {
  await browser.close();
  await server.stop();
}
