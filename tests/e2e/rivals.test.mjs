/** Two visitors want the same last seat: one gets it, the other is told and finds another. */
import assert from "node:assert/strict";
import { scene, stage } from "./support/browser.mjs";
import { ApiVisitor } from "./support/server.mjs";
import { DANA } from "./support/visitor.mjs";

const theStage = stage();
const CONSENTS = [
  "I understand that booking does not make the firm my attorneys.",
  "The firm may use the names I gave to check for conflicts of interest.",
];

scene("a visitor loses the last seat and books another", theStage, async (visitor, { server }) => {
  const hartwell = server.organization("hartwell-law");
  await visitor.opens(hartwell.hosted_url);
  await visitor.reads("What is it about?");
  await visitor.chooses("A problem at work");
  await visitor.reads("What happened?");
  await visitor.chooses("I was offered a severance agreement");
  await visitor.reads("Before we meet");
  await visitor.picks("How soon do you need an answer?", "This week");
  await visitor.picks("How would you like to meet?", "By phone");
  await visitor.goesOn();
  await visitor.reads("Choose a time");
  await visitor.times.first().waitFor();

  const rival = await ApiVisitor.start(server, hartwell);
  await rival.answer("A problem at work");
  await rival.answer("I was offered a severance agreement");
  const values = { urgency: "This week", meeting: "By phone" };
  await rival.send({ type: "submit_details", values });
  const { days } = await rival.timeslots();
  const [taken] = days.find((day) => day.slots.length > 0).slots;
  await rival.send({ type: "select_timeslot", start: taken.start });
  assert.equal(rival.view.step.type, "customer_info", "the rival has the seat");
  visitor.say(`a rival takes ${taken.label}`);

  const lost = await visitor.choosesTime();
  await visitor.widget.getByRole("alert").filter({ hasText: /taken/ }).waitFor();
  visitor.say("reads that the time is taken");
  await visitor.times.filter({ hasText: lost }).waitFor({ state: "hidden" });
  const other = await visitor.choosesTime();
  await visitor.reads("Your contact details");
  await visitor.fillsIn(DANA);
  for (const consent of CONSENTS) await visitor.ticks(consent);
  await visitor.goesOn();
  await visitor.reads("Check and book");
  await visitor.readsText(other);
  await visitor.presses("Confirm booking");
  await visitor.reads("Your consultation is booked");

  const session = await visitor.session(hartwell.public_key);
  const { booking } = await server.api(`sessions/${session.id}`, session);
  assert.notEqual(booking.timeslot.start, taken.start);
  const timeslots = (await server.events(session))
    .map((event) => event.event_type)
    .filter((type) => type.startsWith("TIMESLOT"));
  assert.deepEqual(timeslots, [
    "TIMESLOTS_VIEWED",
    "TIMESLOT_LOST",
    "TIMESLOTS_VIEWED",
    "TIMESLOT_HELD",
  ]);
});
