/**
 * Every screen of a booking, small and large, light and dark: no accessibility rule is broken.
 * SCREENSHOTS=1 keeps a picture of each in `screenshots/`.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isAccessible } from "./support/axe.mjs";
import { DESKTOP, PHONE, PICTURES, scene, stage } from "./support/browser.mjs";
import { DANA } from "./support/visitor.mjs";

const theStage = stage();
const CONSENTS = [
  "I understand that booking does not make the firm my attorneys.",
  "The firm may use the names I gave to check for conflicts of interest.",
];

/** The ways through the questions differ, so that each kind of question is seen. */
const VARIANTS = [
  {
    name: "phone-light",
    viewport: PHONE,
    colorScheme: "light",
    ways: [
      ["What is it about?", (visitor) => visitor.chooses("Wills and estates")],
      ["Where are you in the process?", (visitor) => visitor.chooses("I want a will or a trust")],
      [
        "Does any of this apply to you?",
        async (visitor) => {
          await visitor.ticks("I own part of a business");
          await visitor.goesOn();
        },
      ],
    ],
  },
  {
    name: "phone-dark",
    viewport: PHONE,
    colorScheme: "dark",
    ways: [
      ["What is it about?", (visitor) => visitor.chooses("My business")],
      ["How can we help your business?", (visitor) => visitor.chooses("Start one")],
      [
        "How many owners will it have?",
        async (visitor) => {
          await visitor.types("How many owners will it have?", "2");
          await visitor.goesOn();
        },
      ],
    ],
  },
  {
    name: "desktop-light",
    viewport: DESKTOP,
    colorScheme: "light",
    ways: [
      ["What is it about?", (visitor) => visitor.chooses("Landlord and tenant")],
      ["Which one is you?", (visitor) => visitor.chooses("Tenant with court papers")],
      [
        "When is the hearing?",
        async (visitor) => {
          await visitor.types("When is the hearing?", "2031-05-20");
          await visitor.goesOn();
        },
      ],
    ],
  },
  {
    name: "desktop-dark",
    viewport: DESKTOP,
    colorScheme: "dark",
    ways: [
      ["What is it about?", (visitor) => visitor.chooses("My business")],
      [
        "How can we help your business?",
        (visitor) => visitor.chooses("A contract to sign or to fight about"),
      ],
      [
        "Who is on the other side?",
        async (visitor) => {
          await visitor.types("Who is on the other side?", "Lakeside Fixtures Inc.");
          await visitor.goesOn();
        },
      ],
    ],
  },
];

for (const { name, ways, ...context } of VARIANTS)
  scene(
    `every screen is accessible: ${name}`,
    theStage,
    async (visitor, { server, page }) => {
      const hartwell = server.organization("hartwell-law");
      let count = 0;
      const look = async (screen) => {
        count += 1;
        if (process.env.SCREENSHOTS) {
          mkdirSync(PICTURES, { recursive: true });
          await visitor.widget.scrollIntoViewIfNeeded();
          const place = String(count).padStart(2, "0");
          await page.screenshot({ path: join(PICTURES, `${name}-${place}-${screen}.png`) });
        }
        await isAccessible(page, screen);
      };

      await visitor.opens(hartwell.website_url);
      for (const [title, answer] of ways) {
        await visitor.reads(title);
        await look("question");
        await answer(visitor);
      }

      await visitor.reads("Before we meet");
      await look("details");
      await visitor.goesOn();
      assert.match(await visitor.messageAt("How soon do you need an answer?"), /Choose/);
      await look("details-with-messages");
      await visitor.picks("How soon do you need an answer?", "This month");
      await visitor.picks("How would you like to meet?", "By video");
      await visitor.goesOn();

      await visitor.reads("Choose a time");
      await visitor.times.first().waitFor();
      await look("timeslots");
      await visitor.choosesTime();

      await visitor.reads("Your contact details");
      await look("customer");
      await visitor.goesOn();
      assert.match(await visitor.messageAt("First name"), /first name/);
      await look("customer-with-messages");
      await visitor.fillsIn(DANA);
      for (const consent of CONSENTS) await visitor.ticks(consent);
      await visitor.goesOn();

      await visitor.reads("Check and book");
      await look("summary");
      await visitor.presses("Confirm booking");
      await visitor.reads("Your consultation is booked");
      await look("confirmation");
    },
    context,
  );
