import { describe, expect, it } from "vitest";
import { Refusal, Unreachable } from "./client";
import { newId, withRetry } from "./retry";

describe("withRetry", () => {
  it("waits as long as a 429 asks for", async () => {
    const waits: number[] = [];
    let calls = 0;
    const answer = await withRetry(
      async () => {
        calls += 1;
        if (calls === 1) throw new Refusal({ status: 429 }, 7000);
        return "ok";
      },
      async (ms) => {
        waits.push(ms);
      },
    );
    expect(answer).toBe("ok");
    expect(waits).toEqual([7000]);
  });

  it("does not repeat what the server refused", async () => {
    let calls = 0;
    const call = async () => {
      calls += 1;
      throw new Refusal({ status: 422 }, 0);
    };
    await expect(withRetry(call, async () => {})).rejects.toBeInstanceOf(Refusal);
    expect(calls).toBe(1);
  });

  it("gives up after four tries without an answer", async () => {
    let calls = 0;
    const call = async () => {
      calls += 1;
      throw new Unreachable();
    };
    await expect(withRetry(call, async () => {})).rejects.toBeInstanceOf(Unreachable);
    expect(calls).toBe(4);
  });
});

describe("newId", () => {
  it("makes version 4 UUIDs that differ", () => {
    const ids = Array.from({ length: 200 }, newId);
    expect(new Set(ids).size).toBe(200);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
