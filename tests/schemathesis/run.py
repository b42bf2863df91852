"""Tests the running API against its own OpenAPI document, as each kind of caller: `run.py [long]`."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
BINARY = os.environ.get("WRKBELT_BINARY", ROOT / "target/debug/wrkbelt")
SEED = "20261122"
ORGANIZATION = "/api/v1/organizations/{organization_id}"

# Operations that may take the way in from the one who calls, and so end the run.
LEFT_OUT = {
    "delete_organization": "everything else is in it",
    "delete_api_key": "may be the key of the run",
    "replace_api_key": "may be the key of the run",
    "revoke_api_key": "may be the key of the run",
    "update_api_key": "may be the key of the run",
    "end_login": "may be the login of the run",
    "log_out": "is the login of the run",
    "switch_organization": "replaces the login of the run",
    "delete_platform_user": "may be the user of the run",
    "replace_platform_user": "may be the user of the run",
    "update_platform_user": "may be the user of the run",
}


def call(url, body=None, **headers):
    """The answer to a request, which must succeed."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **headers})
    return urllib.request.urlopen(request, timeout=30)


def permissions(document):
    """Those that the operations of an organization say they need."""
    paths = [item for path, item in document["paths"].items() if path.startswith(ORGANIZATION)]
    return sorted({word for word in json.dumps(paths).split("`") if word.isupper()})


def callers(started, document):
    """Of each its name, the kind of its credentials, and these as a header."""
    base, organization = started["base_url"], started["organizations"][0]["id"]
    login = call(f"{base}/api/v1/auth/login", started["sign_in"])
    cookie = login.headers["set-cookie"].split(";")[0]
    owner = permissions(document)
    viewer = [name for name in owner if name.startswith("VIEW_")]
    for name, scopes in ("owner", owner), ("viewer", viewer):
        url = base + ORGANIZATION.format(organization_id=organization) + "/api_keys"
        answer = json.load(call(url, {"name": name, "scopes": scopes}, cookie=cookie))
        yield name, "api_key", ("Authorization", f"Bearer {answer['key']}")
    yield "login", "login", ("Cookie", cookie)
    yield "nobody", None, None


def seen_with(document, scheme):
    """The document as it is for one kind of credentials: what takes others is left out."""
    seen = copy.deepcopy(document)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if {scheme: []} not in operation.get("security", []):
                del seen["paths"][path][method]
            elif scheme == "login" and {"api_key": []} in operation["security"]:
                del seen["paths"][path][method]
            else:
                seen["paths"][path][method]["security"] = [{scheme: []}]
    return seen


def without_dead_links(document):
    """The document with links to what can be called only."""
    operations = [it for item in document["paths"].values() for it in item.values()]
    called = {operation["operationId"] for operation in operations} - set(LEFT_OUT)
    for operation in operations:
        for answer in operation["responses"].values():
            links = answer.get("links", {})
            answer["links"] = {to: link for to, link in links.items() if to in called}
    return document


def amount(long, name):
    """What is tried as a caller, for `schemathesis run`."""
    if long:
        return ["--max-examples", "150"]
    # Trying each limit of each schema is most of the work, and the same for all who may not.
    thorough = ["--phases", "examples,coverage,fuzzing,stateful"]
    brief = ["--phases", "examples,fuzzing,stateful"]
    return ["--max-examples", "2", *(thorough if name in ("owner", "login") else brief)]


def test(tool, scratch, started, document, caller, long):
    """Whether all that a caller sent was answered as the document says."""
    name, scheme, header = caller
    print(f"\nCaller: {name}", flush=True)
    file = scratch / f"{name}.json"
    seen = seen_with(document, scheme) if scheme else copy.deepcopy(document)
    file.write_text(json.dumps(without_dead_links(seen)))
    arguments = [tool, "--config-file", FOLDER / "schemathesis.toml", "run", file]
    arguments += ["--url", started["base_url"], "--seed", SEED]
    arguments += amount(long, name)
    arguments += [word for left in LEFT_OUT for word in ("--exclude-operation-id", left)]
    arguments += ["--header", ": ".join(header)] if header else []
    business = started["organizations"][0]
    named = {"ORGANIZATION": business["id"], "PUBLIC_KEY": business["public_key"]}
    environment = {**os.environ, **named}
    run = subprocess.run(arguments, cwd=ROOT / "target", env=environment)
    if header:
        # A caller whose credentials had been lost would have tested nothing.
        url = started["base_url"] + ORGANIZATION.format(organization_id=business["id"])
        call(f"{url}/booking_flows", **dict([header]))
    return run.returncode == 0


def main():
    long = sys.argv[1:] == ["long"]
    tool = subprocess.check_output([ROOT / "tools/schemathesis"], text=True).strip()
    with tempfile.TemporaryDirectory() as scratch, open(Path(scratch) / "log", "w") as log:
        server = subprocess.Popen(
            [BINARY, "demo", "--listen", "127.0.0.1:0", "--json"],
            env={**os.environ, "WRKBELT_LIMITS": "off"},
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            started = json.loads(server.stdout.readline())
            document = json.load(call(f"{started['base_url']}/openapi.json"))
            passed = [
                test(tool, Path(scratch), started, document, caller, long)
                for caller in callers(started, document)
            ]
        finally:
            server.terminate()
            server.wait()
    sys.exit(0 if all(passed) else 1)


main()
