import { render } from "preact";
import { expect, it, vi } from "vitest";
import { PublicApi } from "../client";
import { Conversation } from "../conversation";
import { scheduler, scripted, viewAt } from "../fixtures";
import { Memory } from "../memory";
import { Root } from "./root";

it("shows the visit so far also when the first screen is a later one", async () => {
  const { selections, ...rest } = viewAt();
  const view = viewAt({
    ...rest,
    step: { id: "s3", type: "additional_details", title: "Anything else?", config: {} },
    selections: {
      ...selections,
      service: {
        id: "s",
        title: "Drain cleaning",
        duration_minutes: 90,
        price: { kind: "free", currency: "USD" },
      },
    },
    allowed: ["submit_details"],
  });
  const opened = { session_id: view.session_id, session_token: "token", sequence: 1, view };
  const { fetcher } = scripted([
    { status: 200, body: scheduler },
    { status: 201, body: opened },
  ]);
  const conversation = new Conversation(
    new PublicApi("https://book.test", "pk", fetcher),
    new Memory("pk"),
    { visit: () => ({ page_url: "https://shop.test/" }), tell: () => {}, pause: async () => {} },
  );
  await conversation.loadScheduler();
  await conversation.begin();
  const page = document.createElement("div");
  render(
    <Root
      conversation={conversation}
      mode="inline"
      locale={null}
      open
      triggers={false}
      onOpen={() => {}}
      onClose={() => {}}
      adopt={() => {}}
    />,
    page,
  );
  await vi.waitFor(() => expect(page.textContent).toContain("Anything else?"));
  await vi.waitFor(() => expect(page.innerHTML).toMatch(/note.*Drain/), 10_000);
}, 15_000);
