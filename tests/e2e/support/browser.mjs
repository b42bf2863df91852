import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Server } from "./server.mjs";
import { Visitor } from "./visitor.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const PICTURES = join(here, "../screenshots");
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };
const TEST_MS = 180_000;
const STEP_MS = 15_000;
/** The browser reports each as an error; to the widget it is an ordinary answer. */
const A_REFUSED_VALUE = /Failed to load resource.* status of 422/;

export function launch() {
  const executablePath =
    process.env.CHROMIUM || execFileSync(join(here, "../../../tools/chromium")).toString().trim();
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Says what is being done, to a person who watches. */
export function say(words) {
  if (process.env.STEPS) console.log(`    ${words}`);
}

/**
 * One server and one browser for all the tests of a file. `startStore` is for a store that needs a
 * server or a folder of its own.
 */
export function stage(startStore, command) {
  const stage = {};
  before(async () => {
    stage.store = await startStore?.();
    stage.server = await Server.start(stage.store?.url, command);
    stage.browser = await launch();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.stop();
    await stage.store?.stop();
  });
  return stage;
}

/**
 * A test with a visitor whose browser knows nothing yet. Any error on a page fails it; a failure
 * tells what the visitor saw last and leaves a picture.
 */
export function scene(name, stage, act, { expectFailedRequests = false, ...context } = {}) {
  test(name, { timeout: TEST_MS }, async (t) => {
    const surroundings = await stage.browser.newContext({
      viewport: DESKTOP,
      reducedMotion: "reduce",
      locale: "en-US",
      ...context,
    });
    surroundings.setDefaultTimeout(STEP_MS);
    const page = await surroundings.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      const expected = expectFailedRequests ? /Failed to load resource/ : A_REFUSED_VALUE;
      if (!expected.test(message.text()))
        errors.push(`${message.text()} (${message.location().url})`);
    });
    const visitor = new Visitor(page, say);
    try {
      await act(visitor, { ...stage, context: surroundings, page, t });
      assert.deepEqual(errors, [], "the pages have no errors");
    } catch (error) {
      mkdirSync(PICTURES, { recursive: true });
      const picture = join(PICTURES, `failed-${name.replace(/\W+/g, "-")}.png`);
      await page.screenshot({ path: picture }).catch(() => {});
      const seen = await visitor.sees().catch(() => "nothing");
      console.log(`    FAILED: ${name}\n    The visitor saw: ${seen}\n    Picture: ${picture}`);
      for (const line of errors) console.log(`    Error on the page: ${line}`);
      if (stage.server.log) console.log(`    The server logged: ${stage.server.log}`);
      throw error;
    } finally {
      await surroundings.close();
    }
  });
}
