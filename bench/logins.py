"""What others notice of a hundred people who sign in at the same time."""

import http.client
import json
import threading
import time
from urllib.parse import urlsplit

from reads import customer
from wrkbelt import Business, alternating, running, table

SIGNING_IN = 100
CONNECTIONS = 4
SECONDS = 4
REPETITIONS = 5
# Times the latency without them.
ALLOWED = 3


class Crowd:
    """Clients that sign in again and again, each from an address of its own and as somebody else,
    so that no budget of attempts is used up. A password of nobody takes as long as anybody's."""

    def __init__(self, base):
        self.address = urlsplit(base).netloc
        self.stopped = threading.Event()
        self.answers = {}
        self.lock = threading.Lock()

    def __enter__(self):
        self.clients = [
            threading.Thread(target=self.sign_in, args=(n,)) for n in range(SIGNING_IN)
        ]
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for client in self.clients:
            client.join()

    def sign_in(self, n):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        attempt = 0
        while not self.stopped.is_set():
            attempt += 1
            body = {"email": f"crowd{n}.{attempt}@example.com", "password": "not the password"}
            address = f"10.{n}.{attempt // 250 % 250}.{attempt % 250}"
            headers = {"content-type": "application/json", "x-forwarded-for": address}
            connection.request("POST", "/api/v1/auth/login", json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            with self.lock:
                self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
            if answer.status == 429:
                self.stopped.wait(float(answer.headers["retry-after"]))


def measure(repetitions=REPETITIONS, seconds=SECONDS):
    """Latencies without and with the crowd, and what it was answered."""
    answers = {}
    with running(["demo", "--behind-proxy"]) as (started, _):
        business = Business(started)
        path = business.path(f"customers/{business.create('customers', customer(0))}")

        def ask():
            return business.ask(path, connections=CONNECTIONS, seconds=seconds)

        def ask_in_the_crowd():
            with Crowd(business.base) as crowd:
                time.sleep(0.5)
                found = ask()
            for status, times in crowd.answers.items():
                answers[status] = answers.get(status, 0) + times
            return found

        return alternating(repetitions, without=ask, crowd=ask_in_the_crowd), answers


def main():
    found, answers = measure()
    print(f"GET of one customer by {CONNECTIONS} connections, medians of {REPETITIONS} in turns")
    names = {"without": "alone", "crowd": f"while {SIGNING_IN} sign in"}
    table(
        ["", "requests/s", "p50 ms", "p99 ms"],
        [
            [names[name], round(it["requests_per_s"]), f"{it['p50_ms']:.2f}", f"{it['p99_ms']:.2f}"]
            for name, it in found.items()
        ],
    )
    times = found["crowd"]["p99_ms"] / found["without"]["p99_ms"]
    told = ", ".join(f"{times} of {status}" for status, times in sorted(answers.items()))
    print(f"p99: {times:.1f} times, allowed {ALLOWED}; the crowd was answered {told}\n")


if __name__ == "__main__":
    main()
