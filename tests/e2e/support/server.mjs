import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const binary = process.env.WRKBELT_BIN ?? join(root, "target/debug/wrkbelt");
const START_MS = 30_000;

/** A server on a free port: a demo with a store of its own, unless it is told otherwise. */
export class Server {
  #process;
  /** What the server logged so far. */
  log = "";

  static async start(store, command = "demo") {
    if (!existsSync(binary))
      throw new Error(`${binary} is missing: run "make e2e", or set WRKBELT_BIN.`);
    const server = new Server();
    Object.assign(server, await server.#launch(store, command));
    return server;
  }

  async #launch(store, command) {
    const options = ["--json", "--listen", "127.0.0.1:0", "--log", "warn"];
    if (store) options.push("--store", store);
    const child = spawn(binary, [command, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: root,
    });
    this.#process = child;
    child.stderr.on("data", (data) => {
      this.log += data;
    });
    const late = setTimeout(() => child.kill("SIGKILL"), START_MS);
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(late);
      const said = JSON.parse(line);
      const { base_url: url, setup_url: setupUrl, store, organizations, sign_in: owner } = said;
      return { url, setupUrl, store, organizations, owner };
    }
    throw new Error(`${binary} ${command} ended before it listened: ${this.log}`);
  }

  async stop() {
    const child = this.#process;
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  organization(slug) {
    const found = this.organizations.find((organization) => organization.slug === slug);
    if (!found) throw new Error(`the demo has no organization ${slug}`);
    return found;
  }

  async api(path, { token, body } = {}) {
    const response = await fetch(`${this.url}/public/v1/${path}`, {
      method: body ? "POST" : "GET",
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The owner of the sample businesses, with the API of members. */
  async signIn() {
    const call = async (method, path, body, cookie) => {
      const response = await fetch(`${this.url}/api/v1/${path}`, {
        method,
        headers: {
          ...(cookie && { cookie }),
          ...(body && { "content-type": "application/json" }),
        },
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return { response, json: text && JSON.parse(text) };
    };
    const { response } = await call("POST", "auth/login", this.owner);
    const cookies = response.headers.getSetCookie().map((it) => it.split(";")[0]);
    return {
      get: async (path) => (await call("GET", path, null, cookies.join("; "))).json,
      post: async (path, body) => (await call("POST", path, body, cookies.join("; "))).json,
    };
  }

  async events({ id, token }) {
    const { data } = await this.api(`sessions/${id}/events`, { token });
    return data;
  }

  /** What the command line says, as JSON. */
  async cli(...args) {
    const { stdout } = await promisify(execFile)(
      binary,
      [...args, "--json", "--store", this.store],
      { cwd: root },
    );
    return JSON.parse(stdout);
  }
}

/** A visitor without a browser: sends commands to the public API. */
export class ApiVisitor {
  #server;
  #session;
  view;

  static async start(server, { public_key }) {
    const visitor = new ApiVisitor();
    visitor.#server = server;
    const started = await server.api(`schedulers/${public_key}/sessions`, {
      body: { page_url: `${server.url}/` },
    });
    visitor.#session = { id: started.session_id, token: started.session_token };
    visitor.view = started.view;
    return visitor;
  }

  async send(command) {
    const { id, token } = this.#session;
    const envelope = {
      command_id: crypto.randomUUID(),
      expected_sequence: this.view.sequence,
      command,
    };
    const { view } = await this.#server.api(`sessions/${id}/commands`, { token, body: envelope });
    this.view = view;
  }

  timeslots() {
    const { id, token } = this.#session;
    return this.#server.api(`sessions/${id}/timeslots`, { token });
  }

  /** Chooses an answer of the question at hand by its title. */
  async answer(title) {
    const { node_id, answers } = this.view.question;
    const answer = answers.find((it) => it.title === title);
    if (!answer) throw new Error(`"${this.view.question.title}" has no answer "${title}"`);
    await this.send({ type: "answer_question", node_id, answer_ids: [answer.id] });
  }
}
