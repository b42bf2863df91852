import type { Scheduler, View } from "./api";
import { PLAIN_BRAND } from "./theme";

/** Views and answers for the tests. */
export function viewAt(change: Partial<View> = {}): View {
  return {
    session_id: "65f000000000000000000001",
    status: "active",
    sequence: 1,
    locale: "en-US",
    progress: { step: 1, of: 6 },
    step: { id: "s1", type: "zipcode", title: "Where?", config: {} },
    fields: [],
    consents: [],
    upload: null,
    selections: { answers: [], consents: [], details: {}, files: [] },
    message: null,
    booking: null,
    can_go_back: false,
    allowed: ["submit_zip"],
    ...change,
  };
}

export const scheduler: Scheduler = {
  public_key: "pk",
  status: "active",
  title: "Book a visit",
  organization: {
    name: "Acme",
    phone: "+14045550134",
    locale: "en-US",
    time_zone: "America/New_York",
  },
  brand: PLAIN_BRAND,
  launch: {
    mode: "inline",
    cta: "Book now",
    position: "bottom_right",
    auto_open: false,
    trigger_selector: null,
    locale: "en-US",
    locales: ["en-US"],
  },
};

export interface Call {
  path: string;
  body: Record<string, unknown> | null;
}

type Reply = { status: number; body: unknown } | "offline";

/** A server that answers in turn with what the test says, and writes down what it was asked. */
export function scripted(replies: Reply[]): { fetcher: typeof fetch; calls: Call[] } {
  const calls: Call[] = [];
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    calls.push({ path: String(input), body: init?.body ? JSON.parse(String(init.body)) : null });
    const reply = replies.shift();
    if (!reply || reply === "offline") throw new TypeError("network");
    return new Response(JSON.stringify(reply.body), { status: reply.status });
  };
  return { fetcher: fetcher as typeof fetch, calls };
}
