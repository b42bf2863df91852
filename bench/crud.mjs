// Documents over HTTP: Wrkbelt beside an empty handler of its own server, and beside Directus on
// SQLite, on one machine in one run, in turn.
//
//   make bench-crud            the medians of 5 rounds
//   ROUNDS=1 make bench-crud   a quick look
//
// Directus is installed from npm below target/, which takes some minutes the first time.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DIRECTUS = "11.3.5";
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = "3";
const CONNECTIONS = "16";
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wrkbelt = join(root, "target/release/wrkbelt");
const folder = mkdtempSync(join(tmpdir(), "wrkbelt-bench-"));
const children = [];

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
  children.push(child);
  return child;
}

/** The line of JSON that a server of ours prints when it listens. */
function listening(args) {
  const child = start(wrkbelt, [...args, "--json"], {
    env: { ...process.env, WRKBELT_LIMITS: "off", WRKBELT_LOG: "error" },
  });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
    child.on("exit", (code) => reject(new Error(`wrkbelt ${args[0]} ended with ${code}`)));
  });
}

async function send(url, method, body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return { body: text && JSON.parse(text), cookies: answer.headers.getSetCookie() };
}

/** Requests a second, one request again and again over all connections. */
function ask(side, { path, method = "GET", body, connections = CONNECTIONS, from = 0 }) {
  const args = ["ask", side.url, path, "--method", method, "--seconds", SECONDS, "--json"];
  args.push("--connections", connections, "--from", String(from));
  if (body) args.push("--body", JSON.stringify(body));
  if (side.token) args.push("--token", side.token);
  if (side.cookie) args.push("--cookie", side.cookie);
  return JSON.parse(execFileSync(wrkbelt, args, { encoding: "utf8" }));
}

async function ours() {
  const {
    base_url: url,
    sign_in,
    organizations,
  } = await listening([
    "demo",
    "--store",
    `sqlite://${join(folder, "wrkbelt.db")}`,
    "--listen",
    "127.0.0.1:0",
  ]);
  const { cookies } = await send(`${url}/api/v1/auth/login`, "POST", sign_in);
  const cookie = cookies.map((it) => it.split(";")[0]).join("; ");
  const path = `/api/v1/organizations/${organizations[0].id}/booking_answer_categories`;
  const body = { slug: "first", content: { title: "First" }, order: 1 };
  const made = await send(url + path, "POST", body, { cookie });
  for (let n = 0; n < 60; n += 1) {
    const more = { slug: `more-${n}`, content: { title: `More ${n}` }, order: n };
    await send(url + path, "POST", more, { cookie });
  }
  return {
    name: "Wrkbelt",
    url,
    cookie,
    operations: {
      read: { path: `${path}/${made.body._id}` },
      list: { path: `${path}?limit=50` },
      create: {
        path,
        method: "POST",
        body: { slug: "slug-{n}", content: { title: "Title {n}" }, order: 1 },
      },
      update: {
        path: `${path}/${made.body._id}`,
        method: "PATCH",
        body: { content: { title: "Title {n}" } },
        connections: "1",
      },
    },
  };
}

async function directus() {
  const home = join(root, "target/bench/directus");
  if (!existsSync(join(home, "node_modules/directus"))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{"private":true}');
    console.error(`installing directus ${DIRECTUS}: some minutes`);
    execFileSync("npm", ["install", `directus@${DIRECTUS}`, "--no-audit", "--no-fund"], {
      cwd: home,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const port = "18055";
  const env = {
    ...process.env,
    HOST: "127.0.0.1",
    PORT: port,
    KEY: "bench",
    SECRET: "bench",
    DB_CLIENT: "sqlite3",
    DB_FILENAME: join(folder, "directus.db"),
    ADMIN_EMAIL: "admin@example.com",
    ADMIN_PASSWORD: "password-of-the-bench",
    ADMIN_TOKEN: "bench-token",
    TELEMETRY: "false",
    RATE_LIMITER_ENABLED: "false",
    LOG_LEVEL: "error",
  };
  const cli = join(home, "node_modules/directus/cli.js");
  execFileSync("node", [cli, "bootstrap"], { cwd: folder, env, stdio: "ignore" });
  start("node", [cli, "start"], { cwd: folder, env });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(`${url}/server/ping`).catch(() => null);
    if (up?.ok) break;
    if (tries > 120) throw new Error("Directus does not start");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const authorization = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
  await send(
    `${url}/collections`,
    "POST",
    {
      collection: "categories",
      schema: {},
      fields: [
        { field: "slug", type: "string", schema: {} },
        { field: "title", type: "string", schema: {} },
        { field: "order", type: "integer", schema: {} },
      ],
    },
    authorization,
  );
  const path = "/items/categories";
  for (let n = 0; n < 61; n += 1) {
    await send(
      url + path,
      "POST",
      { slug: `more-${n}`, title: `More ${n}`, order: n },
      authorization,
    );
  }
  return {
    name: `Directus ${DIRECTUS}`,
    url,
    token: env.ADMIN_TOKEN,
    operations: {
      read: { path: `${path}/1` },
      list: { path: `${path}?limit=50` },
      create: { path, method: "POST", body: { slug: "slug-{n}", title: "Title {n}", order: 1 } },
      update: {
        path: `${path}/1`,
        method: "PATCH",
        body: { title: "Title {n}" },
        connections: "1",
      },
    },
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const empty = { name: "empty handler", url: (await listening(["empty-server"])).base_url };
  const sides = [await ours(), await directus()];
  console.log(`${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections, medians`);
  const floor = [];
  const seen = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    floor.push(ask(empty, { path: "/" }).requests_per_s);
    for (const operation of ["read", "list", "create", "update"]) {
      for (const side of sides) {
        const from = (round + 1) * 1_000_000_000;
        const { requests_per_s } = ask(side, { ...side.operations[operation], from });
        const key = `${operation} ${side.name}`;
        seen.set(key, [...(seen.get(key) ?? []), requests_per_s]);
      }
    }
  }
  console.log(`empty handler: ${median(floor)} / s`);
  for (const operation of ["read", "list", "create", "update"]) {
    const [own, other] = sides.map((it) => median(seen.get(`${operation} ${it.name}`)));
    const beside = (own / other).toFixed(1);
    const share = (own / median(floor)).toFixed(2);
    console.log(
      `${operation}: ${own} / s, ${sides[1].name} ${other} / s: ${beside} ×; ${share} of the empty handler`,
    );
  }
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
