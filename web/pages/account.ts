/** The account pages: each form sends its fields to the API and says what came of it. */

interface Problem {
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

type Fields = Record<string, unknown>;

const page = document.querySelector("main")?.dataset.page;
const token = new URLSearchParams(location.hash.slice(1)).get("token");

async function call(method: string, action: string, body?: Fields): Promise<Response> {
  return fetch(`/api/v1/auth/${action}`, {
    method,
    ...(body && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
}

function one<T extends HTMLElement>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

/** What was entered; what was left empty is not sent, nor a group without its first field. */
function fields(form: HTMLFormElement): Fields {
  const all: Fields = {};
  for (const input of form.querySelectorAll("input")) {
    const group = input.closest<HTMLElement>("[data-object]");
    if (!input.value || group?.querySelector("input")?.value === "") continue;
    const name = group?.dataset.object;
    if (name) all[name] = { ...(all[name] as Fields), [input.name]: input.value };
    else all[input.name] = input.value;
  }
  return all;
}

function tell(form: HTMLFormElement, text: string, done = false) {
  const outcome = one(".outcome", form);
  if (!outcome) return;
  outcome.textContent = text;
  outcome.classList.toggle("done", done);
}

/** Each message stands at its field, the others below the form. */
function complain(form: HTMLFormElement, problem: Problem) {
  if (problem.code === "auth.second_factor_required")
    one("[data-second-factor]")?.removeAttribute("hidden");
  const elsewhere = (problem.errors ?? []).filter(({ path, message }) => {
    const name = path.split(".").at(-1) ?? "";
    const input = one<HTMLInputElement>(`input[name="${CSS.escape(name)}"]`, form);
    const error = input && one("input ~ .error", input.parentElement ?? form);
    if (error) error.textContent = message;
    input?.setAttribute("aria-invalid", "true");
    return !error;
  });
  const told = problem.errors ? elsewhere.map((it) => it.message) : [problem.detail];
  tell(form, told.join(" "));
  one<HTMLInputElement>("[aria-invalid]", form)?.focus();
}

function show(form: HTMLFormElement, answer: Record<string, unknown>) {
  form.hidden = true;
  if (form.dataset.show === "secret") {
    const secret = one("[data-secret]");
    if (secret) secret.textContent = String(answer.secret);
    one("[data-otpauth]")?.setAttribute("href", String(answer.url));
    const image = new DOMParser().parseFromString(String(answer.qr_code), "image/svg+xml");
    one("[data-qr-code]")?.append(image.documentElement);
    one("[data-factor=begun]")?.removeAttribute("hidden");
  } else {
    const codes = one("[data-recovery-codes]");
    codes?.removeAttribute("hidden");
    const list = codes?.querySelector("pre");
    if (list) list.textContent = (answer.recovery_codes as string[]).join("\n");
  }
}

async function send(form: HTMLFormElement) {
  const { action = "", method = "POST", done, then } = form.dataset;
  for (const error of form.querySelectorAll(".error")) error.textContent = "";
  for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
  tell(form, "");
  const entered = fields(form);
  if ("withToken" in form.dataset) entered.token = token;
  const body = Object.keys(entered).length > 0 ? entered : undefined;
  const button = one<HTMLButtonElement>("button", form);
  if (button) button.disabled = true;
  try {
    const answer = await call(method, action, body);
    if (!answer.ok) complain(form, await answer.json());
    else if (form.dataset.show) show(form, await answer.json());
    else if (then) location.replace(then);
    else {
      form.reset();
      tell(form, done ?? "", true);
      if (button && "withToken" in form.dataset) button.hidden = true;
    }
  } catch {
    tell(form, "The server did not answer. Please try again.");
  } finally {
    if (button) button.disabled = false;
  }
}

/** Browser and system, as people call them. */
function device(userAgent: string | null): string {
  const first = (names: [RegExp, string][]) => names.find(([it]) => it.test(userAgent ?? ""))?.[1];
  const browser = first([
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrome\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = first([
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS/, "macOS"],
    [/Linux/, "Linux"],
  ]);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? "Unknown device";
}

async function account() {
  const answer = await call("GET", "me");
  if (answer.status === 401) return location.replace("/account/sign-in");
  const me = await answer.json();
  const names = me.memberships.map((it: { name: string }) => it.name).join(", ");
  const who = one("[data-me]");
  if (who)
    who.textContent = `${me.first_name} ${me.last_name}, ${me.email}${names && ` (${names})`}`;
  one(`[data-factor=${me.has_second_factor ? "on" : "off"}]`)?.removeAttribute("hidden");
  const sessions = await (await call("GET", "sessions")).json();
  for (const session of sessions.data) {
    const item = document.createElement("li");
    const when = document.createElement("small");
    const seen = new Date(session.last_seen_at).toLocaleString();
    when.textContent = session.is_this_one ? "This browser" : `Last used ${seen}`;
    item.append(device(session.user_agent), when);
    one("[data-sessions]")?.append(item);
  }
}

async function invitation() {
  const about = one("[data-invitation]");
  const answer = await call("POST", "invitations/look", { token });
  const told = await answer.json();
  if (!about) return;
  if (!answer.ok) {
    about.textContent = told.detail;
    return;
  }
  about.textContent = `${told.organization_name} invites ${told.email}.`;
  const me = await call("GET", "me");
  const action = me.ok ? "invitations/accept" : "invitations/join";
  one(`[data-action="${action}"]`)?.removeAttribute("hidden");
}

const forms = [...document.querySelectorAll("form")];
if (!token && forms.length > 0 && forms.every((form) => "withToken" in form.dataset))
  one("[data-no-link]")?.removeAttribute("hidden");
const zone = one<HTMLInputElement>("input[name=time_zone]");
if (zone) zone.defaultValue = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const form of forms) {
  if (page !== "invitation" && token && "withToken" in form.dataset) form.hidden = false;
  if (token && "withoutToken" in form.dataset) form.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
}
if (page === "account") void account();
if (page === "invitation" && token) void invitation();
