/** Photos that a visitor adds, from the picker to the booking. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isAccessible } from "./support/axe.mjs";
import { DESKTOP, PHONE, PICTURES, scene, stage } from "./support/browser.mjs";
import { DANA, DANAS_ADDRESS } from "./support/visitor.mjs";

const theStage = stage();
const LOOKS = [
  { name: "phone-light", viewport: PHONE, colorScheme: "light", hasTouch: true, isMobile: true },
  { name: "desktop-dark", viewport: DESKTOP, colorScheme: "dark" },
];

/** A picture made in the page, as a camera would hand it over. */
async function photo(page, name, colour) {
  const bytes = await page.evaluate(async (fill) => {
    const canvas = new OffscreenCanvas(640, 480);
    const pen = canvas.getContext("2d");
    pen.fillStyle = fill;
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = "white";
    pen.fillRect(200, 160, 240, 160);
    const blob = await canvas.convertToBlob({ type: "image/jpeg" });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, colour);
  return { name, mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
}

for (const { name: looks, ...context } of LOOKS)
  scene(
    `photos go with the booking: ${looks}`,
    theStage,
    async (visitor, { server, page, context: surroundings }) => {
      const look = async (screen) => {
        if (process.env.SCREENSHOTS) {
          mkdirSync(PICTURES, { recursive: true });
          await page.screenshot({ path: join(PICTURES, `photos-${looks}-${screen}.png`) });
        }
        await isAccessible(page, screen);
      };
      const peachtree = server.organization("peachtree-home-services");
      await visitor.opens(peachtree.express_link_url);
      await visitor.reads("Anything we should know?");
      const picker = visitor.widget.getByLabel("Add photos or files");
      await picker.waitFor({ state: "attached" });
      await look("nothing-added");

      visitor.say("adds two photos");
      await picker.setInputFiles([
        await photo(page, "sink.jpg", "teal"),
        await photo(page, "pipe.jpg", "brown"),
      ]);
      await visitor.widget.getByRole("button", { name: "Remove sink.jpg" }).waitFor();
      await visitor.widget.getByRole("button", { name: "Remove pipe.jpg" }).waitFor();
      await look("added");

      visitor.say("adds what is no photo");
      await picker.setInputFiles({
        name: "song.mp3",
        mimeType: "audio/mpeg",
        buffer: Buffer.from("la la la"),
      });
      await visitor.readsText("This kind of file cannot be added.");
      await look("refused");
      await visitor.presses("Remove song.mp3");

      visitor.say("is offline, and online again");
      await page.route("**/files", (route) => route.abort());
      await picker.setInputFiles(await photo(page, "floor.jpg", "grey"));
      await visitor.readsText("Not sent.");
      await look("offline");
      await page.unroute("**/files");
      await surroundings.setOffline(true);
      await surroundings.setOffline(false);
      await visitor.widget.getByRole("button", { name: "Remove floor.jpg" }).waitFor();
      await visitor.widget.getByText("Not sent.").waitFor({ state: "detached" });

      visitor.say("removes one by the keyboard");
      await visitor.widget.getByRole("button", { name: "Remove pipe.jpg" }).focus();
      await page.keyboard.press("Enter");
      await visitor.widget
        .getByRole("button", { name: "Remove pipe.jpg" })
        .waitFor({ state: "detached" });
      const focused = await visitor.widget.evaluate(
        (element) => element.shadowRoot.activeElement?.getAttribute("type") ?? null,
      );
      assert.equal(focused, "file", "the focus is not lost with the button");

      visitor.say("reloads the page");
      await page.reload();
      await visitor.widget.getByRole("button", { name: "Remove sink.jpg" }).waitFor();
      await look("after-a-reload");

      await visitor.goesOn();
      await visitor.reads("When should we come?");
      await visitor.choosesTime();
      await visitor.reads("Who should we ask for?");
      await visitor.fillsIn({ ...DANA, ...DANAS_ADDRESS });
      await visitor.ticks("I agree to the service terms.");
      await visitor.goesOn();
      await visitor.reads("Check and book");
      await visitor.presses("Confirm booking");
      await visitor.reads("You're booked");

      const session = await visitor.session(peachtree.public_key);
      const types = (await server.events(session)).map((event) => event.event_type);
      const count = (type) => types.filter((it) => it === type).length;
      assert.deepEqual([count("FILE_ATTACHED"), count("FILE_REMOVED")], [3, 1]);
      const owner = await server.signIn();
      const bookings = await owner.get(`organizations/${peachtree.id}/bookings`);
      const booking = bookings.data.find((it) => it.booking_session_id === session.id);
      assert.equal(booking.file_ids.length, 2);
      const link = await owner.post(
        `organizations/${peachtree.id}/files/${booking.file_ids[0]}/link`,
        {},
      );
      const read = await fetch(server.url + link.url);
      assert.deepEqual([read.status, read.headers.get("content-type")], [200, "image/jpeg"]);
    },
    { ...context, expectFailedRequests: true },
  );
