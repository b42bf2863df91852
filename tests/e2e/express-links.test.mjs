/** Express links: on their own page, on the business's page, and when they are over. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isAccessible } from "./support/axe.mjs";
import { DESKTOP, PHONE, PICTURES, scene, stage } from "./support/browser.mjs";

const theStage = stage();
const PEACHTREE = "peachtree-home-services";
const LOOKS = [
  { name: "phone-light", viewport: PHONE, colorScheme: "light" },
  { name: "phone-dark", viewport: PHONE, colorScheme: "dark" },
  { name: "desktop-light", viewport: DESKTOP, colorScheme: "light" },
  { name: "desktop-dark", viewport: DESKTOP, colorScheme: "dark" },
];

async function look(page, screen) {
  if (process.env.SCREENSHOTS) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `express-${screen}.png`) });
  }
  await isAccessible(page, screen);
}

async function typesOf(visitor, server, organization) {
  const session = await visitor.session(organization.public_key);
  const events = await server.events(session);
  return events.map((event) => event.event_type);
}

scene("a link's own page begins where it leads", theStage, async (visitor, { server, page }) => {
  const peachtree = server.organization(PEACHTREE);
  await visitor.opens(peachtree.express_link_url);
  await visitor.reads("Anything we should know?");
  const { id, token } = await visitor.session(peachtree.public_key);
  const { selections } = await server.api(`sessions/${id}`, { token });
  assert.equal(selections.service.title, "Drain cleaning");
  const types = await typesOf(visitor, server, peachtree);
  assert.equal(types[2], "EXPRESS_LINK_APPLIED");
  assert.ok(!types.includes("EXPRESS_LINK_DEGRADED"), types.join(" "));

  visitor.say("reloads the page");
  await page.reload();
  await visitor.reads("Anything we should know?");
  assert.deepEqual(await typesOf(visitor, server, peachtree), types, "the visit is gone on with");

  await visitor.presses("Back");
  await visitor.reads("Which drain is clogged?");
  await isAccessible(page, "back in a visit by a link");
});

scene("a short address does too", theStage, async (visitor, { server }) => {
  const { slug } = server.organization(PEACHTREE);
  assert.ok(server.organization(PEACHTREE).express_link_url.endsWith(`/b/${slug}/drains`));
  await visitor.opens(`${server.url}/b/drains`);
  await visitor.reads("Anything we should know?");
});

scene("so does the business's own page", theStage, async (visitor, { server, page }) => {
  const peachtree = server.organization(PEACHTREE);
  await visitor.opens(peachtree.website_url);
  await page.getByRole("button", { name: "Book a visit", exact: true }).first().click();
  await visitor.reads("Where do you need us?");
  const ordinary = await visitor.session(peachtree.public_key);

  await visitor.opens(`${peachtree.website_url}?wrkbelt_link=drains`);
  await page.getByRole("dialog", { name: "Book with Peachtree Home Services" }).waitFor();
  await visitor.reads("Anything we should know?");
  const linked = await visitor.session(peachtree.public_key);
  assert.notEqual(linked.id, ordinary.id, "the link begins a visit of its own");

  await visitor.opens(`${peachtree.website_url}?wrkbelt_link=unheard-of`);
  await visitor.reads("Where do you need us?");
  await visitor.readsText("The link that you followed is not known here.");
  await visitor.types("ZIP code", "30305");
  await visitor.goesOn();
  await visitor.reads("What can we help with?");
});

for (const { name, ...context } of LOOKS)
  scene(
    `a link that is over says so and offers the ordinary booking: ${name}`,
    theStage,
    async (visitor, { server, page }) => {
      const peachtree = server.organization(PEACHTREE);
      await visitor.opens(peachtree.express_link_url);
      await visitor.reads("Anything we should know?");
      await look(page, `${name}-link`);
      const owner = await server.signIn();
      const flows = await owner.get(`organizations/${peachtree.id}/booking_flows`);
      await owner.post(`organizations/${peachtree.id}/booking_flow_express_links`, {
        booking_flow_id: flows.data[0]._id,
        slug: `over-${name}`,
        name: "Last year's flyer",
        expires_at: "2025-01-01T00:00:00Z",
        is_active: true,
      });
      await visitor.opens(`${server.url}/b/over-${name}`);
      await page.getByRole("heading", { level: 1, name: "This offer has ended" }).waitFor();
      await page.getByText("You can still book with Peachtree Home Services here.").waitFor();
      await visitor.opens(`${peachtree.website_url}?wrkbelt_link=over-${name}`);
      await visitor.reads("Where do you need us?");
      await visitor.readsText("This offer has ended. You can still book below.");
      await look(page, `${name}-over-on-website`);
      await visitor.opens(`${server.url}/b/over-${name}`);
      await visitor.reads("Where do you need us?");
      await look(page, `${name}-over`);
    },
    context,
  );
