import { Refusal, Unreachable } from "./client";

export type Wait = (ms: number) => Promise<void>;

export const wait: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const BACKOFF_MS = [300, 900, 2700];
const LONGEST_WAIT_MS = 30_000;

/** Repeats a call that is safe to repeat, while the network fails or the server asks to wait. */
export async function withRetry<T>(call: () => Promise<T>, pause: Wait = wait): Promise<T> {
  for (const backoff of BACKOFF_MS) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Unreachable) await pause(backoff);
      else if (error instanceof Refusal && error.problem.status === 429)
        await pause(Math.min(error.retryAfterMs, LONGEST_WAIT_MS));
      else throw error;
    }
  }
  return call();
}

/** A random UUID (version 4); also on pages without TLS, where `crypto.randomUUID` is missing. */
export function newId(): string {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
    return (Number(digit) ^ (random & (15 >> (Number(digit) / 4)))).toString(16);
  });
}
