"""A server with the sample businesses in a process of its own, and `wrkbelt ask` as its client."""

import json
import os
import statistics
import subprocess
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARY = os.environ.get("WRKBELT_BINARY", ROOT / "target/release/wrkbelt")


def call(url, body=None, method=None, **headers):
    """The answer to one request, which must succeed."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(url, data, headers, method=method)
    return urllib.request.urlopen(request, timeout=60)


@contextmanager
def running(arguments, **settings):
    """A process of Wrkbelt while it listens, and the line that says where."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [BINARY, *arguments, "--listen", "127.0.0.1:0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "WRKBELT_LIMITS": "off", **settings},
        )
        try:
            yield json.loads(process.stdout.readline()), process
        finally:
            process.terminate()
            process.wait()


class Business:
    """The first sample business, and its owner who is signed in."""

    def __init__(self, started):
        self.base = started["base_url"]
        self.organization = started["organizations"][0]["id"]
        login = call(f"{self.base}/api/v1/auth/login", started["sign_in"])
        self.cookie = login.headers["set-cookie"].split(";")[0]

    def path(self, rest):
        return f"/api/v1/organizations/{self.organization}/{rest}"

    def create(self, kind, body):
        url = self.base + self.path(kind)
        return json.load(call(url, body, cookie=self.cookie))["_id"]

    def ask(self, path, **options):
        return ask(self.base, path, cookie=self.cookie, **options)


def ask(base, path, **options):
    """Requests per second and latencies of one request, sent by many connections at once."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [BINARY, "ask", base, path, *words, "--json"]
    return json.loads(subprocess.check_output(command, text=True))


def alternating(repetitions, **each):
    """The medians of what each of some measurements gives, taken in turns: a busy moment of the
    machine meets all of them."""
    found = {name: [] for name in each}
    for _ in range(repetitions):
        for name, measure in each.items():
            found[name].append(measure())
    return {
        name: {key: statistics.median(it[key] for it in all) for key in all[0]}
        for name, all in found.items()
    }


def table(head, rows):
    """Prints columns, the first to the left and all others to the right."""
    rows = [head, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print()
