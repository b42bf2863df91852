/** A person in front of the widget: finds things by what they say. */
export class Visitor {
  constructor(page, say = () => {}) {
    this.page = page;
    this.say = say;
    this.widget = page.locator("wrkbelt-booking");
  }

  async opens(url) {
    this.say(`opens ${url}`);
    await this.page.goto(url);
  }

  /** Waits for a screen with this title. */
  async reads(title) {
    await this.widget.getByRole("heading", { level: 2, name: title, exact: true }).waitFor();
    this.say(`reads "${title}"`);
  }

  async readsText(text) {
    await this.widget.getByText(text).first().waitFor();
    this.say(`reads "${text}"`);
  }

  /** Chooses the one answer whose card begins like this. */
  async chooses(answer) {
    this.say(`chooses "${answer}"`);
    await this.widget.getByRole("radio", { name: answer }).click();
  }

  async ticks(label) {
    this.say(`ticks "${label}"`);
    await this.widget.getByRole("checkbox", { name: label }).check();
  }

  async types(label, text) {
    this.say(`types "${text}" as ${label}`);
    await this.field(label).fill(text);
  }

  async picks(label, option) {
    this.say(`picks "${option}" as ${label}`);
    await this.field(label).selectOption(option);
  }

  async presses(button) {
    this.say(`presses "${button}"`);
    await this.widget.getByRole("button", { name: button, exact: true }).click();
  }

  async goesOn() {
    await this.presses("Continue");
  }

  field(label) {
    return this.widget.getByLabel(label, { exact: false }).first();
  }

  /** The message that stands at a field, which the field itself points to. */
  async messageAt(label) {
    const field = this.field(label);
    await this.page.waitForFunction(
      (element) => element.getAttribute("aria-invalid") === "true",
      await field.elementHandle(),
    );
    const message = await field.evaluate((element) => {
      const root = element.getRootNode();
      return root.getElementById(element.getAttribute("aria-describedby"))?.textContent ?? null;
    });
    this.say(`reads "${message}" at ${label}`);
    return message;
  }

  /** The times of the day shown. */
  get times() {
    return this.widget.getByRole("region", { name: /^Times on/ }).getByRole("button");
  }

  async choosesTime(place = 0) {
    const time = this.times.nth(place);
    const label = await time.locator("span").first().innerText();
    this.say(`chooses ${label}`);
    await time.click();
    return label;
  }

  async fillsIn(customer) {
    for (const [label, text] of Object.entries(customer)) await this.types(label, text);
  }

  /** The session that the browser remembers. */
  async session(publicKey) {
    const saved = await this.page.evaluate(
      (key) => localStorage.getItem(key),
      `wrkbelt:${publicKey}:session`,
    );
    if (!saved) throw new Error("the browser remembers no session");
    const { id, token } = JSON.parse(saved);
    return { id, token };
  }

  /** Everything that the widget shows, as text. */
  sees() {
    return this.widget.evaluate((element) => {
      const panel = element.shadowRoot?.querySelector(".panel");
      return panel?.innerText.replace(/\s+/g, " ") ?? "no panel";
    });
  }
}

export const DANA = {
  "First name": "Dana",
  "Last name": "Whitfield",
  "E-mail": "dana@example.com",
  Phone: "404 555 0187",
};

export const DANAS_ADDRESS = {
  "Street address": "88 Magnolia Way",
  City: "Atlanta",
  State: "GA",
};
