import type { SessionKey } from "./client";

/** A draft is what was typed at one place of the flow and not yet accepted by the server. */
export type Draft = Record<string, string | boolean | string[]>;

export interface StoredSession extends SessionKey {
  /** The ids of the steps that were seen, by type: a way back from the summary. */
  steps: Record<string, string>;
  /** The express link that began it. */
  link?: string | undefined;
}

/** What the browser remembers of one scheduler: the session (lasting) and the drafts (this tab). */
export class Memory {
  readonly #prefix: string;

  constructor(
    publicKey: string,
    private readonly lasting: Storage | null = storage("localStorage"),
    private readonly tab: Storage | null = storage("sessionStorage"),
  ) {
    this.#prefix = `wrkbelt:${publicKey}:`;
  }

  session(): StoredSession | null {
    const saved = read(this.lasting, `${this.#prefix}session`) as Partial<StoredSession> | null;
    if (!saved || typeof saved.id !== "string" || typeof saved.token !== "string") return null;
    return { id: saved.id, token: saved.token, steps: saved.steps ?? {}, link: saved.link };
  }

  keep(session: StoredSession): void {
    write(this.lasting, `${this.#prefix}session`, session);
  }

  forget(): void {
    remove(this.lasting, `${this.#prefix}session`);
  }

  draft(place: string): Draft | null {
    return read(this.tab, `${this.#prefix}draft:${place}`) as Draft | null;
  }

  keepDraft(place: string, draft: Draft): void {
    write(this.tab, `${this.#prefix}draft:${place}`, draft);
  }

  dropDraft(place: string): void {
    remove(this.tab, `${this.#prefix}draft:${place}`);
  }

  dropDrafts(): void {
    const tab = this.tab;
    if (!tab) return;
    for (const key of Object.keys(tab))
      if (key.startsWith(`${this.#prefix}draft:`)) remove(tab, key);
  }
}

/** A page may forbid storage altogether; the widget then works without memory. */
function storage(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}

function read(store: Storage | null, key: string): unknown {
  try {
    return JSON.parse(store?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(store: Storage | null, key: string, value: unknown): void {
  try {
    store?.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage costs only the memory of a reload.
  }
}

function remove(store: Storage | null, key: string): void {
  try {
    store?.removeItem(key);
  } catch {
    // As above.
  }
}
