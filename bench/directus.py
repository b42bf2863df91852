"""What everybody does with documents, beside Directus on SQLite on the same machine."""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
from contextlib import contextmanager
from pathlib import Path

from reads import customer
from wrkbelt import ROOT, Business, alternating, ask, call, running, table

VERSION = "11.3.5"  # the newest that runs on Node.js 20
SQLITE3 = "5.1.7"
FOLDER = ROOT / "target/bench" / f"directus-{VERSION}"

CONNECTIONS = 16
SECONDS = 3
REPETITIONS = 5
# Times as many requests as Directus.
WANTED = 10
# Documents that are patched in turns, so that no two requests meet at one.
PATCHED = 64


def install():
    """The program of Directus, installed when it is not there."""
    program = FOLDER / "node_modules/directus/cli.js"
    done = FOLDER / ".installed"
    if not done.exists():
        print(f"installing directus {VERSION} into {FOLDER.relative_to(ROOT)}", flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        dependencies = {"directus": VERSION, "sqlite3": SQLITE3}
        (FOLDER / "package.json").write_text(
            json.dumps({"private": True, "dependencies": dependencies})
        )
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True)
        done.touch()
    return program


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def directus():
    """A server with a collection like customers, and somebody who may do everything to it but is
    no administrator: their permissions are checked."""
    program = install()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        admin = {"email": "admin@example.com", "password": "an administrator's password"}
        environment = {
            **os.environ,
            "NODE_ENV": "production",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": base,
            "SECRET": "of this run",
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(Path(folder) / "directus.db"),
            "ADMIN_EMAIL": admin["email"],
            "ADMIN_PASSWORD": admin["password"],
            "LOG_LEVEL": "error",
            "NO_UPDATE_NOTIFIER": "1",
            "TELEMETRY": "false",
            "RATE_LIMITER_ENABLED": "false",
            "PRESSURE_LIMITER_ENABLED": "false",
        }
        command = ["node", program]
        options = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL}
        subprocess.run([*command, "bootstrap"], check=True, **options)
        process = subprocess.Popen([*command, "start"], **options)
        try:
            wait_until_ready(base, process)
            yield base, prepare(base, admin)
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(base, process):
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            call(f"{base}/server/ping")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("error: Directus does not start")


def prepare(base, admin):
    """Makes the collection and the caller; answers the caller's token."""
    token = json.load(call(f"{base}/auth/login", admin))["data"]["access_token"]

    def make(path, body):
        answer = call(f"{base}/{path}", body, authorization=f"Bearer {token}").read()
        return json.loads(answer)["data"] if answer else None

    key = {"field": "id", "type": "uuid", "meta": {"special": ["uuid"]}}
    fields = [{**key, "schema": {"is_primary_key": True}}]
    for name, kind in customer(0).items():
        is_list = isinstance(kind, list)
        meta = {"special": ["cast-json"]} if is_list else {}
        column = {"field": name, "type": "json" if is_list else "string", "meta": meta}
        fields.append({**column, "schema": {}})
    make("collections", {"collection": "customers", "schema": {}, "meta": {}, "fields": fields})
    policy = make("policies", {"name": "Customers", "app_access": False, "admin_access": False})
    for action in "create", "read", "update", "delete":
        allowed = {"collection": "customers", "action": action, "fields": ["*"]}
        make("permissions", {**allowed, "policy": policy["id"], "permissions": {}})
    role = make("roles", {"name": "Customers"})
    make("access", {"role": role["id"], "policy": policy["id"]})
    caller = {"email": "caller@example.com", "password": "of the caller", "token": "a-callers-token"}
    make("users", {**caller, "role": role["id"]})
    return caller["token"]


def requests(create, each):
    """The four that are measured: a name, a path below the collection and what is sent."""
    return {
        "create": ("", {"method": "POST", "body": json.dumps(create)}),
        "get": ("/{each}", {"each": each}),
        "patch": ("/{each}", {"method": "PATCH", "body": '{"notes":"{n}"}', "each": each}),
        "list": ("?limit=50", {}),
    }


def measure(repetitions=REPETITIONS, seconds=SECONDS):
    """Requests per second of each kind and program."""
    numbered = {**customer("{n}"), "emails": ["ada{n}@example.com"]}
    options = {"connections": CONNECTIONS, "seconds": seconds}
    # Each run makes documents of other numbers than those before it.
    runs = iter(range(1, 1_000_000))

    with (
        tempfile.TemporaryDirectory() as folder,
        running(["demo"]) as (started, _),
        directus() as (base, token),
    ):
        business = Business(started)
        theirs, ours = Path(folder) / "directus", Path(folder) / "wrkbelt"
        made = [business.create("customers", customer(n)) for n in range(PATCHED)]
        ours.write_text("\n".join(made))
        bearer = {"authorization": f"Bearer {token}"}
        made = [
            json.load(call(f"{base}/items/customers", customer(n), **bearer))["data"]["id"]
            for n in range(PATCHED)
        ]
        theirs.write_text("\n".join(made))

        def asking(path, of_wrkbelt, more):
            def once():
                several = {**options, **more, "from": next(runs) * 1_000_000_000}
                if of_wrkbelt:
                    return business.ask(business.path(f"customers{path}"), **several)
                return ask(base, f"/items/customers{path}", token=token, **several)

            return once

        measured = {}
        for name in requests({}, ""):
            path, more = requests(numbered, ours)[name]
            measured[f"wrkbelt {name}"] = asking(path, True, more)
            path, more = requests(numbered, theirs)[name]
            measured[f"directus {name}"] = asking(path, False, more)
        return alternating(repetitions, **measured)


def main():
    found = measure()
    print(f"Beside Directus {VERSION}, SQLite, {CONNECTIONS} connections, {REPETITIONS} runs in turns")
    rows = []
    for name in requests({}, ""):
        ours, theirs = found[f"wrkbelt {name}"], found[f"directus {name}"]
        times = ours["requests_per_s"] / max(1, theirs["requests_per_s"])
        latencies = [f"{it['p99_ms']:.1f}" for it in (ours, theirs)]
        rates = [round(it["requests_per_s"]) for it in (ours, theirs)]
        rows.append([name, *rates, f"{times:.1f}", *latencies])
    table(["requests/s", "wrkbelt", "directus", "times", "p99 ms", "directus"], rows)
    print(f"wanted: {WANTED} times\n")


if __name__ == "__main__":
    main()
