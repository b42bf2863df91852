import type {
  CommandAnswer,
  CommandEnvelope,
  Problem,
  Scheduler,
  SessionOpened,
  SessionRequest,
  Timeslots,
  View,
} from "./api";

/** The server understood and said no. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfterMs: number,
  ) {
    super(problem.code ?? `status ${problem.status}`);
  }
}

/** No usable answer came: the network failed, or the server did. */
export class Unreachable extends Error {}

export interface SessionKey {
  id: string;
  token: string;
}

const TIMEOUT_MS = 20_000;

export class PublicApi {
  constructor(
    readonly base: string,
    readonly publicKey: string,
    private readonly fetcher: typeof fetch = (...call) => fetch(...call),
  ) {}

  scheduler(): Promise<Scheduler> {
    return this.#call(`schedulers/${encodeURIComponent(this.publicKey)}`);
  }

  openSession(request: SessionRequest): Promise<SessionOpened> {
    return this.#call(`schedulers/${encodeURIComponent(this.publicKey)}/sessions`, {
      body: request,
    });
  }

  async view(session: SessionKey): Promise<View> {
    const answer = await this.#call<View | { view: View }>(`sessions/${session.id}`, { session });
    return "view" in answer ? answer.view : answer;
  }

  command(session: SessionKey, envelope: CommandEnvelope): Promise<CommandAnswer> {
    return this.#call(`sessions/${session.id}/commands`, { session, body: envelope });
  }

  timeslots(session: SessionKey, from: string, to: string): Promise<Timeslots> {
    return this.#call(`sessions/${session.id}/timeslots?from=${from}&to=${to}`, { session });
  }

  async #call<T>(path: string, call: { session?: SessionKey; body?: object } = {}): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (call.session) headers.authorization = `Bearer ${call.session.token}`;
    if (call.body) headers["content-type"] = "application/json";
    let response: Response;
    let body: unknown;
    try {
      response = await this.fetcher(`${this.base}/public/v1/${path}`, {
        method: call.body ? "POST" : "GET",
        headers,
        body: call.body ? JSON.stringify(call.body) : null,
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      body = await response.json().catch(() => null);
    } catch (cause) {
      throw new Unreachable("no answer", { cause });
    }
    if (response.ok && body) return body as T;
    if (response.status >= 500 || response.ok) throw new Unreachable(`status ${response.status}`);
    const seconds = Number(response.headers.get("retry-after"));
    throw new Refusal(
      { ...(body as Problem | null), status: response.status },
      seconds > 0 ? seconds * 1000 : 1000,
    );
  }
}
