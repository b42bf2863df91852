import type { Command, FieldError, Scheduler, SessionRequest, Timeslots, View } from "./api";
import { type PublicApi, Refusal, type SessionKey } from "./client";
import type { Memory, StoredSession } from "./memory";
import { newId, type Wait, wait, withRetry } from "./retry";

/** Why there is nothing to draw: the server cannot be reached, or does not take bookings here. */
export type Trouble = "network" | "paused";

export interface State {
  scheduler: Scheduler | null;
  view: View | null;
  /** The command on its way, drawn as progress where the visitor acted. */
  busy: Command | null;
  trouble: Trouble | null;
  errors: FieldError[];
  /** A refusal that belongs to no field. */
  notice: string | null;
}

export type Told = { name: "step"; type: string } | { name: "booked"; reference: string };

export interface Surroundings {
  visit: () => SessionRequest;
  tell: (news: Told) => void;
  pause?: Wait;
}

/** One visitor's talk with the server: holds what the server last said and sends what the visitor does. */
export class Conversation {
  state: State = {
    scheduler: null,
    view: null,
    busy: null,
    trouble: null,
    errors: [],
    notice: null,
  };
  #session: StoredSession | null = null;
  #failed: (() => Promise<void>)[] = [];
  #sending: Promise<void> | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #pause: Wait;

  constructor(
    readonly api: PublicApi,
    readonly memory: Memory,
    private readonly around: Surroundings,
  ) {
    this.#pause = around.pause ?? wait;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async loadScheduler(): Promise<void> {
    await this.attempt(async () => {
      const scheduler = await withRetry(() => this.api.scheduler(), this.#pause);
      this.#set({ scheduler, ...(scheduler.status !== "active" && { trouble: "paused" }) });
    });
  }

  /** Goes on with the session that this browser remembers, or opens one. */
  async begin(): Promise<void> {
    if (this.#session) return;
    await this.attempt(() => this.#resumeOrOpen());
  }

  /** Sends a command, one at a time; looking at times is awaited, anything else is not to be doubled. */
  async send(command: Command): Promise<void> {
    if (this.state.busy?.type === "view_timeslots") await this.#sending;
    if (this.state.busy || !this.#session || !this.state.view) return;
    this.#set({ busy: command, errors: [], notice: null });
    this.#sending = this.#deliver(command, newId(), true);
    await this.#sending;
    this.#set({ busy: null });
  }

  /** Does again what failed; a command keeps its id, so that the server does it once. */
  async retry(): Promise<void> {
    const again = this.#failed;
    this.#failed = [];
    this.#set({ trouble: null });
    await Promise.all(again.map((work) => work()));
  }

  /** Leaves the present session behind and opens a new one. */
  async startOver(): Promise<void> {
    this.memory.forget();
    this.memory.dropDrafts();
    this.#session = null;
    this.#set({ view: null, errors: [], notice: null, trouble: null });
    await this.begin();
  }

  async timeslots(from: string, to: string): Promise<Timeslots | null> {
    const session = this.#session;
    if (!session) return null;
    let slots: Timeslots | null = null;
    await this.attempt(
      async () => {
        slots = await withRetry(() => this.api.timeslots(session, from, to), this.#pause);
      },
      async () => {},
    );
    return slots;
  }

  /** What opens the session, for files, which go their own way. */
  get session(): SessionKey | null {
    return this.#session;
  }

  /** The id of a step of this type that the visitor has passed, when known. */
  stepId(type: string): string | undefined {
    return this.#session?.steps[type];
  }

  /** Deliver one command; a stale answer at the same place is what the visitor meant, so it is sent once more. */
  async #deliver(command: Command, id: string, again: boolean): Promise<void> {
    await this.attempt(async () => {
      const session = this.#session;
      const before = this.state.view;
      if (!session || !before) return;
      const envelope = { command_id: id, expected_sequence: before.sequence, command };
      try {
        const answer = await withRetry(() => this.api.command(session, envelope), this.#pause);
        this.memory.dropDraft(placeOf(before));
        this.#take({ ...answer.view, sequence: answer.sequence });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { problem } = error;
        if (problem.view)
          this.#take({ ...problem.view, sequence: problem.sequence ?? problem.view.sequence });
        if (problem.status === 409 && problem.view) {
          if (again && placeOf(problem.view) === placeOf(before) && command.type !== "go_back")
            await this.#deliver(command, newId(), false);
        } else if (problem.status === 422 || problem.status === 409) {
          this.#refused(problem.errors ?? [], problem.detail ?? problem.title ?? null);
        } else throw error;
      }
    });
  }

  async #resumeOrOpen(): Promise<void> {
    const visit = this.around.visit();
    const link = visit.express_link ?? undefined;
    const saved = this.memory.session();
    // A link leads where it says, whatever the visitor was about before.
    if (saved && (!link || link === saved.link)) {
      try {
        const view = await withRetry(() => this.api.view(saved), this.#pause);
        this.#session = saved;
        this.#take(view);
        return;
      } catch (error) {
        if (!isGone(error)) throw error;
        this.memory.forget();
      }
    }
    const opened = await withRetry(() => this.api.openSession(visit), this.#pause);
    if (link) this.memory.dropDrafts();
    this.#session = { id: opened.session_id, token: opened.session_token, steps: {}, link };
    this.#take({ ...opened.view, sequence: opened.sequence });
  }

  #take(view: View): void {
    const before = this.state.view;
    this.#set({ view });
    if (this.#session) {
      this.#session.steps[view.step.type] = view.step.id;
      this.memory.keep(this.#session);
    }
    if (before?.step.id !== view.step.id) this.around.tell({ name: "step", type: view.step.type });
    if (view.status === "completed" && view.booking) {
      this.memory.dropDrafts();
      if (before && before.status !== "completed")
        this.around.tell({ name: "booked", reference: view.booking.reference });
    }
  }

  #refused(errors: FieldError[], detail: string | null): void {
    this.#set({ errors, notice: errors.length ? null : detail });
  }

  /** Does what may fail on the way; a failure becomes a trouble with a way to try again. */
  async attempt(work: () => Promise<void>, onRetry?: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isGone(error) && this.#session) return this.#startAnew();
      const paused = error instanceof Refusal && [403, 404, 410].includes(error.problem.status);
      this.#failed.push(onRetry ?? (() => this.attempt(work)));
      this.#set({ trouble: paused ? "paused" : "network" });
    }
  }

  /** The server no longer knows the session: a new one begins, drafts are kept. */
  async #startAnew(): Promise<void> {
    this.memory.forget();
    this.#session = null;
    this.#set({ view: null });
    await this.begin();
  }

  #set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Names the place in the flow that a view shows; drafts and focus follow it. */
export function placeOf(view: View): string {
  return `${view.step.id}:${view.question?.node_id ?? ""}`;
}

function isGone(error: unknown): boolean {
  return error instanceof Refusal && [401, 404].includes(error.problem.status);
}
