/** Books at a hosted page without a mouse. */
import assert from "node:assert/strict";
import { scene, stage } from "./support/browser.mjs";
import { DANA } from "./support/visitor.mjs";

const MOST_TABS = 40;
const theStage = stage();

/** Two hands on a keyboard. */
class Keyboard {
  constructor(visitor) {
    this.visitor = visitor;
    this.page = visitor.page;
  }

  async press(...keys) {
    this.visitor.say(`presses ${keys.join(", ")}`);
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text) {
    this.visitor.say(`types "${text}"`);
    await this.page.keyboard.type(text);
  }

  /** Goes on with Tab until the focus is there. */
  async tabTo(locator, what) {
    await locator.waitFor();
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      if (await hasFocus(locator)) {
        this.visitor.say(`comes to ${what} with Tab`);
        return;
      }
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`${what} cannot be reached with ${MOST_TABS} times Tab`);
  }

  /** Fills in a field, coming from the one before. */
  async fill(label, text) {
    await this.tabTo(this.visitor.field(label), label);
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.type(text);
  }

  /** A new step must take the focus, or a screen reader would be left where nothing is. */
  async reads(title) {
    await this.visitor.reads(title);
    const heading = this.visitor.widget.getByRole("heading", { level: 2, name: title });
    await this.page.waitForFunction(
      (element) => element.getRootNode().activeElement === element,
      await heading.elementHandle(),
    );
  }
}

function hasFocus(locator) {
  return locator.evaluate((element) => element.getRootNode().activeElement === element);
}

scene("a visitor books with the keyboard alone", theStage, async (visitor, { server }) => {
  const sparkle = server.organization("sparkle-cleaning");
  const keyboard = new Keyboard(visitor);
  const answer = (name) => visitor.widget.getByRole("radio", { name });
  await visitor.opens(sparkle.hosted_url);

  await visitor.reads("Where do you live?");
  await keyboard.fill("ZIP code", "97214");
  await keyboard.press("Enter");

  await keyboard.reads("How big is your home?");
  await keyboard.tabTo(answer("Studio or 1 bedroom"), "the first answer");
  await keyboard.press("ArrowDown", "ArrowDown");
  assert.ok(await hasFocus(answer("3 bedrooms")), "the arrows move from answer to answer");
  await keyboard.press("ArrowUp", "Enter");

  await keyboard.reads("Anything extra?");
  await keyboard.press("1", "4", "1");
  const ticked = (name) => visitor.widget.getByRole("checkbox", { name }).isChecked();
  assert.equal(await ticked("Inside the oven"), false, "the same digit again takes it back");
  assert.equal(await ticked("Change the beds"), true, "a digit ticks its answer");
  const goOn = visitor.widget.getByRole("button", { name: "Continue" });
  await keyboard.tabTo(goOn, "Continue");
  await keyboard.press("Enter");

  await keyboard.reads("When should we come?");
  const days = visitor.widget.getByRole("radiogroup", { name: "Days" });
  const chosen = days.getByRole("radio", { checked: true });
  await keyboard.tabTo(chosen, "the day");
  const before = await chosen.getAttribute("data-date");
  await keyboard.press("ArrowRight");
  const after = await chosen.getAttribute("data-date");
  assert.ok(after > before, `the arrow goes from ${before} to a later day, not to ${after}`);
  await keyboard.tabTo(visitor.times.first(), "the first time");
  await keyboard.press("Space");

  await keyboard.reads("Where and for whom?");
  for (const [label, text] of Object.entries({
    ...DANA,
    "Street address": "9 Alder Court",
    City: "Portland",
    State: "OR",
  }))
    await keyboard.fill(label, text);
  await keyboard.press("Enter");

  await keyboard.reads("Check and book");
  await visitor.readsText("2 bedrooms");
  await visitor.readsText("Change the beds");
  const confirm = visitor.widget.getByRole("button", { name: "Confirm booking" });
  await keyboard.tabTo(confirm, "Confirm booking");
  await keyboard.press("Enter");
  await keyboard.reads("See you soon");

  const { id, token } = await visitor.session(sparkle.public_key);
  const view = await server.api(`sessions/${id}`, { token });
  assert.equal(view.status, "completed");
});
