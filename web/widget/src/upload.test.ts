import { describe, expect, it } from "vitest";
import { faultOf, sendFile } from "./upload";

const limits = { max_files: 2, max_bytes: 10, mime_types: ["image/*", "application/pdf"] };
const file = (type: string, size = 3) => new File(["x".repeat(size)], "a", { type });

describe("a file that was picked", () => {
  it("is sent unless it is sure to be refused", () => {
    expect(faultOf(file("image/png"), 0, limits)).toBe(null);
    expect(faultOf(file("application/pdf", 10), 1, limits)).toBe(null);
    expect(faultOf(file(""), 0, limits)).toBe(null);
    expect(faultOf(file("video/mp4"), 0, limits)).toBe("kind");
    expect(faultOf(file("imagex/png"), 0, limits)).toBe("kind");
    expect(faultOf(file("image/png", 11), 0, limits)).toBe("size");
    expect(faultOf(file("image/png"), 2, limits)).toBe("count");
  });
});

/** A request that ends as the test says. */
function answering(status: number, response: unknown) {
  const request = {
    upload: {} as { onprogress?(event: object): void },
    sent: [] as unknown[],
    status,
    response,
    open: (...call: unknown[]) => request.sent.push(call),
    setRequestHeader: (...header: unknown[]) => request.sent.push(header),
    onload: () => {},
    onerror: () => {},
    send: () => {
      request.upload.onprogress?.({ loaded: 1, total: 4 });
      if (status) request.onload();
      else request.onerror();
    },
  };
  return request;
}

async function sent(status: number, response: unknown = null) {
  const request = answering(status, response);
  const progress: number[] = [];
  const outcome = await sendFile(
    "https://book.test",
    { id: "s", token: "t" },
    file("image/png"),
    (part) => progress.push(part),
    () => request as unknown as XMLHttpRequest,
  );
  return { outcome, progress, request };
}

describe("sending a file", () => {
  it("goes to the session with its token and says how far it is", async () => {
    const { outcome, progress, request } = await sent(201, { id: "f" });
    expect(outcome).toEqual({ id: "f" });
    expect(progress).toEqual([0.25]);
    expect(request.sent).toEqual([
      ["POST", "https://book.test/public/v1/sessions/s/files"],
      ["authorization", "Bearer t"],
    ]);
  });

  it("tells what is refused from what may be tried again", async () => {
    const detail = "files of this type are not taken";
    expect((await sent(422, { detail })).outcome).toEqual({ refused: detail });
    expect((await sent(422, { detail, errors: [{ message: "Full." }] })).outcome).toEqual({
      refused: "Full.",
    });
    expect((await sent(404)).outcome).toEqual({ refused: null });
    for (const status of [0, 500, 503]) expect((await sent(status)).outcome).toBe("unreachable");
  });
});
