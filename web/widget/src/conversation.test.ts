import { beforeEach, describe, expect, it } from "vitest";
import { PublicApi } from "./client";
import { Conversation, type Told } from "./conversation";
import { scripted, viewAt } from "./fixtures";
import { Memory } from "./memory";

const opened = (view = viewAt()) => ({
  status: 201,
  body: { session_id: view.session_id, session_token: "token", sequence: view.sequence, view },
});
const accepted = (view = viewAt()) => ({
  status: 200,
  body: { sequence: view.sequence, view, events: [] },
});
const question = viewAt({
  sequence: 2,
  step: { id: "s2", type: "service_selection", title: "What?", config: {} },
});

function talk(replies: Parameters<typeof scripted>[0], link?: string) {
  const { fetcher, calls } = scripted(replies);
  const told: Told[] = [];
  const conversation = new Conversation(
    new PublicApi("https://book.test", "pk", fetcher),
    new Memory("pk"),
    {
      visit: () => ({ page_url: "https://shop.test/", ...(link && { express_link: link }) }),
      tell: (news) => told.push(news),
      pause: async () => {},
    },
  );
  return { conversation, calls, told };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("a command", () => {
  it("keeps its id while it is tried again", async () => {
    const { conversation, calls } = talk([opened(), "offline", "offline", accepted(question)]);
    await conversation.begin();
    await conversation.send({ type: "submit_zip", zip: "30305" });
    const ids = calls.slice(1).map((call) => call.body?.command_id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(conversation.state.view?.step.id).toBe("s2");
  });

  it("keeps its id when the visitor presses retry on the network screen", async () => {
    const { conversation, calls } = talk([
      opened(),
      "offline",
      "offline",
      "offline",
      "offline",
      accepted(question),
    ]);
    await conversation.begin();
    await conversation.send({ type: "submit_zip", zip: "30305" });
    expect(conversation.state.trouble).toBe("network");
    await conversation.retry();
    expect(conversation.state.trouble).toBeNull();
    expect(new Set(calls.slice(1).map((call) => call.body?.command_id)).size).toBe(1);
    expect(conversation.state.view?.step.id).toBe("s2");
  });

  it("has another id than the command before it", async () => {
    const { conversation, calls } = talk([opened(), accepted(), accepted(question)]);
    await conversation.begin();
    await conversation.send({ type: "submit_zip", zip: "99999" });
    await conversation.send({ type: "submit_zip", zip: "30305" });
    expect(calls[1]?.body?.command_id).not.toBe(calls[2]?.body?.command_id);
  });

  it("is sent once more with the new sequence when it was stale at the same place", async () => {
    const stale = { status: 409, body: { code: "session.stale", sequence: 5, view: viewAt() } };
    const { conversation, calls } = talk([opened(), stale, accepted(question)]);
    await conversation.begin();
    await conversation.send({ type: "submit_zip", zip: "30305" });
    expect(calls[2]?.body?.expected_sequence).toBe(5);
    expect(conversation.state.view?.step.id).toBe("s2");
  });

  it("is dropped when it was stale and the flow has moved on", async () => {
    const stale = { status: 409, body: { code: "session.stale", sequence: 5, view: question } };
    const { conversation, calls } = talk([opened(), stale]);
    await conversation.begin();
    await conversation.send({ type: "submit_zip", zip: "30305" });
    expect(calls).toHaveLength(2);
    expect(conversation.state.view?.step.id).toBe("s2");
    expect(conversation.state.view?.sequence).toBe(5);
  });

  it("that is refused leaves field errors and keeps the draft", async () => {
    const errors = [{ path: "zip", code: "zip.format", message: "Enter a ZIP code." }];
    const { conversation } = talk([opened(), { status: 422, body: { status: 422, errors } }]);
    await conversation.begin();
    conversation.memory.keepDraft("s1:", { zip: "3030" });
    await conversation.send({ type: "submit_zip", zip: "3030" });
    expect(conversation.state.errors).toEqual(errors);
    expect(conversation.memory.draft("s1:")).toEqual({ zip: "3030" });
  });

  it("that is accepted drops the draft of its place only", async () => {
    const { conversation } = talk([opened(), accepted(question)]);
    await conversation.begin();
    conversation.memory.keepDraft("s1:", { zip: "30305" });
    conversation.memory.keepDraft("s9:", { notes: "dog" });
    await conversation.send({ type: "submit_zip", zip: "30305" });
    expect(conversation.memory.draft("s1:")).toBeNull();
    expect(conversation.memory.draft("s9:")).toEqual({ notes: "dog" });
  });
});

describe("a session", () => {
  it("is taken up again after a reload", async () => {
    const first = talk([opened()]);
    await first.conversation.begin();
    const second = talk([{ status: 200, body: question }]);
    await second.conversation.begin();
    expect(second.calls[0]?.path).toContain("/public/v1/sessions/65f000000000000000000001");
    expect(second.conversation.state.view?.step.id).toBe("s2");
  });

  it("that the server no longer knows begins anew", async () => {
    await talk([opened()]).conversation.begin();
    const { conversation, calls } = talk([
      { status: 404, body: { status: 404 } },
      opened(question),
    ]);
    await conversation.begin();
    expect(calls[1]?.path).toContain("/schedulers/pk/sessions");
    expect(conversation.state.view?.step.id).toBe("s2");
  });

  it("clears the drafts and tells of the booking when it is completed", async () => {
    const booking = { id: "b", reference: "WB7K", status: "confirmed" } as const;
    const done = viewAt({ status: "completed", sequence: 3, booking });
    const { conversation, told } = talk([opened(), accepted(done)]);
    await conversation.begin();
    conversation.memory.keepDraft("s9:", { notes: "dog" });
    await conversation.send({ type: "confirm" });
    expect(conversation.memory.draft("s9:")).toBeNull();
    expect(told).toContainEqual({ name: "booked", reference: "WB7K" });
  });

  it("of an unknown or closed scheduler shows as paused", async () => {
    const { conversation } = talk([{ status: 404, body: { status: 404 } }]);
    await conversation.begin();
    expect(conversation.state.trouble).toBe("paused");
  });
});

describe("an express link", () => {
  it("begins a visit of its own, and the same one after a reload", async () => {
    await talk([opened()]).conversation.begin();
    sessionStorage.setItem("wrkbelt:pk:draft:s2:", '{"notes":"of another visit"}');
    const first = talk([opened(question)], "spring");
    await first.conversation.begin();
    expect(first.calls[0]?.body?.express_link).toBe("spring");
    expect(first.conversation.memory.draft("s2:")).toBe(null);

    const again = talk([{ status: 200, body: question }], "spring");
    await again.conversation.begin();
    expect(again.calls[0]?.path).toContain("/public/v1/sessions/");
    expect(again.conversation.state.view?.step.id).toBe("s2");

    const other = talk([opened()], "summer");
    await other.conversation.begin();
    expect(other.calls[0]?.body?.express_link).toBe("summer");

    const plain = talk([{ status: 200, body: question }]);
    await plain.conversation.begin();
    expect(plain.calls[0]?.path).toContain("/public/v1/sessions/");
  });
});
