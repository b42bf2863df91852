"""Reading through all that a member's request passes, beside handlers that do nothing."""

from wrkbelt import Business, alternating, ask, running, table

CONNECTIONS = 16
SECONDS = 3
REPETITIONS = 5
# Of the empty handler's requests per second.
WANTED = 0.5


def customer(n):
    return {
        "first_name": f"Ada {n}",
        "last_name": "Lovelace",
        "emails": [f"ada{n}@example.com"],
        "phones": ["+14045550134"],
        "tags": ["gold"],
        "notes": "Has a dog. Ring twice.",
    }


def measure(repetitions=REPETITIONS, seconds=SECONDS):
    with running(["demo"]) as (started, _), running(["empty-server"]) as (empty, _):
        business = Business(started)
        one = [business.create("customers", customer(n)) for n in range(60)][0]
        options = {"connections": CONNECTIONS, "seconds": seconds}

        def asking(path):
            return lambda: business.ask(path, **options)

        return alternating(
            repetitions,
            empty=lambda: ask(empty["base_url"], "/", **options),
            healthz=asking("/healthz"),
            one=asking(business.path(f"customers/{one}")),
            page=asking(business.path("customers?limit=50")),
        )


def main():
    found = measure()
    floor, healthz = (found[name]["requests_per_s"] for name in ("empty", "healthz"))
    names = {
        "empty": "an empty handler alone",
        "healthz": "/healthz, behind the same layers",
        "one": "GET of one customer",
        "page": "a list of 50 customers",
    }
    print(f"Signed in by cookie, {CONNECTIONS} connections, medians of {REPETITIONS} runs in turns")
    table(
        ["", "requests/s", "p50 ms", "p99 ms", "/ empty", "/ healthz"],
        [
            [
                names[name],
                round(it["requests_per_s"]),
                f"{it['p50_ms']:.2f}",
                f"{it['p99_ms']:.2f}",
                f"{it['requests_per_s'] / floor:.2f}",
                f"{it['requests_per_s'] / healthz:.2f}",
            ]
            for name, it in found.items()
        ],
    )
    print(f"wanted: {WANTED} of the empty handler for both\n")


if __name__ == "__main__":
    main()
