/** The main story: a visit to a business's website that ends with a booking, and what is kept of it. */
import assert from "node:assert/strict";
import { scene, stage } from "./support/browser.mjs";
import { MongoDb } from "./support/mongodb.mjs";
import { DANA, DANAS_ADDRESS } from "./support/visitor.mjs";

const engines = [
  ["SQLite", stage()],
  ["MongoDB", stage(MongoDb.start)],
];

/** What must be on record of the visit below. */
const STORY = [
  // Opens the widget.
  "SESSION_STARTED",
  "FLOW_ROUTED",
  "STEP_ENTERED zipcode",
  // A ZIP code outside of the area; the typo before it never left the page.
  "ZIPCODE_SUBMITTED 90210",
  "ZIPCODE_REJECTED 90210",
  // The right one.
  "ZIPCODE_SUBMITTED 30305",
  "ZIPCODE_ACCEPTED 30305",
  "STEP_COMPLETED",
  "STEP_ENTERED service_selection",
  "QUESTION_VIEWED",
  // Heating; no heat at all.
  "ANSWER_SELECTED",
  "QUESTION_VIEWED",
  "ANSWER_SELECTED",
  "QUESTION_VIEWED",
  // Back; it blows cold air after all. The reload that follows is not an event.
  "QUESTION_VIEWED backward",
  "ANSWER_CHANGED",
  "QUESTION_VIEWED",
  // A heat pump.
  "ANSWER_SELECTED",
  "SERVICE_SELECTED",
  "STEP_COMPLETED",
  "STEP_ENTERED additional_details",
  "DETAILS_SUBMITTED",
  "STEP_COMPLETED",
  "STEP_ENTERED timeslot_selection",
  "TIMESLOTS_VIEWED",
  "TIMESLOT_HELD",
  "STEP_COMPLETED",
  "STEP_ENTERED customer_info",
  // What was typed as the apartment is too long; the bad e-mail address never left the page.
  "VALIDATION_FAILED address.unit",
  "CUSTOMER_SUBMITTED",
  "CONSENT_GIVEN terms",
  "STEP_COMPLETED",
  "STEP_ENTERED summary",
  "SUMMARY_VIEWED",
  // Back from the summary, and forth.
  "STEP_LEFT_BACKWARD",
  "STEP_ENTERED customer_info",
  "CUSTOMER_SUBMITTED",
  "CONSENT_GIVEN terms",
  "STEP_COMPLETED",
  "STEP_ENTERED summary",
  "SUMMARY_VIEWED",
  // Books.
  "BOOKING_SUBMITTED",
  "STEP_COMPLETED",
  "STEP_ENTERED confirmation",
  "SESSION_COMPLETED",
];

/** An event in the words of the story. */
function told({ event_type, data }) {
  const detail =
    data.step_type ??
    data.zip ??
    data.key ??
    data.fields?.map((field) => field.path).join(" ") ??
    (data.backward ? "backward" : "");
  return `${event_type} ${detail}`.trim();
}

for (const [engine, theStage] of engines)
  scene(`a visitor books from the business's page (${engine})`, theStage, book);

async function book(visitor, { server, page }) {
  const peachtree = server.organization("peachtree-home-services");
  await visitor.opens(peachtree.website_url);
  await page.getByRole("button", { name: "Book a visit", exact: true }).first().click();
  await page.getByRole("dialog", { name: "Book with Peachtree Home Services" }).waitFor();
  await visitor.reads("Where do you need us?");

  await visitor.types("ZIP code", "3030");
  await visitor.goesOn();
  assert.match(await visitor.messageAt("ZIP code"), /5-digit ZIP code/);

  await visitor.types("ZIP code", "90210");
  await visitor.goesOn();
  await visitor.readsText("We do not come to this area yet.");
  assert.ok(
    await visitor.widget.getByRole("link", { name: /^Call/ }).last().isVisible(),
    "a visitor outside of the area can call",
  );

  await visitor.types("ZIP code", "30305");
  await visitor.goesOn();
  await visitor.reads("What can we help with?");
  await visitor.chooses("Heating");
  await visitor.reads("What is the heating doing?");
  await visitor.chooses("No heat at all");
  await visitor.reads("Is anyone at home very young, over 65 or unwell?");
  await visitor.presses("Back");
  await visitor.reads("What is the heating doing?");
  await visitor.chooses("It blows cold air or turns on and off");
  await visitor.reads("Which kind of system is it?");

  visitor.say("reloads the page");
  await page.reload();
  await page.getByRole("button", { name: "Book a visit", exact: true }).first().click();
  await visitor.reads("Which kind of system is it?");
  await visitor.chooses("Heat pump");

  await visitor.reads("Anything we should know?");
  await visitor.readsText("Heat pump repair");
  await visitor.picks("How do we get in?", "Gate or door code");
  await visitor.ticks("There are pets at home");
  await visitor.types("Notes for the technician", "The unit is behind the garage.");
  await visitor.goesOn();

  await visitor.reads("When should we come?");
  const time = await visitor.choosesTime();

  await visitor.reads("Who should we ask for?");
  const directions = "Ring at the side door, the one with the blue light by the garage";
  await visitor.fillsIn({
    ...DANA,
    "E-mail": "dana@example",
    ...DANAS_ADDRESS,
    "Apartment, suite": directions,
  });
  await visitor.ticks("I agree to the service terms.");
  await visitor.goesOn();
  assert.match(await visitor.messageAt("E-mail"), /name@example.com/);
  await visitor.types("E-mail", DANA["E-mail"]);
  await visitor.goesOn();
  assert.match(await visitor.messageAt("Apartment, suite"), /50/);
  await visitor.types("Apartment, suite", "2B");
  await visitor.goesOn();

  await visitor.reads("Check and book");
  for (const text of ["Heat pump repair", time, "88 Magnolia Way, 2B", "Dana Whitfield"])
    await visitor.readsText(text);
  await visitor.presses("Back");
  await visitor.reads("Who should we ask for?");
  assert.equal(await visitor.field("Street address").inputValue(), "88 Magnolia Way");
  await visitor.ticks("I agree to the service terms.");
  await visitor.goesOn();
  await visitor.reads("Check and book");
  await visitor.presses("Confirm booking");
  await visitor.reads("You're booked");

  const session = await visitor.session(peachtree.public_key);
  const view = await server.api(`sessions/${session.id}`, { token: session.token });
  assert.equal(view.status, "completed");
  const seen = (await visitor.sees()).replace(/\s/g, "");
  const { reference } = view.booking;
  assert.ok(seen.includes(reference), `the visitor sees the reference ${reference}`);

  const events = await server.events(session);
  assert.deepEqual(events.map(told), STORY);
  assert.deepEqual(
    events.map((event) => event.sequence),
    STORY.map((_, place) => place + 1),
    "sequences have no gaps",
  );
  const replayed = await server.cli("session", "replay", session.id, "--verify");
  assert.deepEqual(replayed, { session_id: session.id, events: STORY.length, identical: true });
}
