"""A mail server for tests. What it does is said by whom a mail is to; what it takes, it prints."""

import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(line):
    print(json.dumps(line), flush=True)


class Handler:
    def __init__(self):
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        match address.split("@")[0]:
            case "unknown":
                return "550 5.1.1 no such mailbox"
            case "greylisted":
                return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        to = [it.split("@")[0] for it in envelope.rcpt_tos]
        if "closing" in to:
            server.transport.abort()
        if "slow" in to:
            await asyncio.sleep(3600)
        if "spam" in to:
            return "554 5.7.1 refused as spam"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [it for it in mail.walk() if not it.is_multipart()]
        say(
            {
                "event": "mail",
                "connection": self.connections,
                "encrypted": server.transport.get_extra_info("ssl_object") is not None,
                "user": session.auth_data,
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name.lower(): str(value) for name, value in mail.items()},
                "longest_line": max(len(it) for it in envelope.content.split(b"\r\n")),
                "parts": [
                    {
                        "type": it.get_content_type(),
                        "filename": it.get_filename(),
                        "text": it.get_content() if it.get_content_maintype() == "text" else None,
                        "base64": base64.b64encode(it.get_payload(decode=True)).decode(),
                    }
                    for it in parts
                ],
            }
        )
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and data == LoginPassword(b"ada", b"p@ss/word")
    return AuthResult(success=known, handled=known, auth_data="ada" if known else None)


async def main(host, port, mode, certificate):
    loop = asyncio.get_running_loop()
    handler = Handler()
    options = {}
    if mode == "password":
        options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    if mode == "starttls":
        options = {"tls_context": context, "require_starttls": True}
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="mail.test", **options),
        host=host,
        port=int(port),
        ssl=context if mode == "tls" else None,
    )
    say({"event": "listening", "port": server.sockets[0].getsockname()[1]})
    # It ends with whoever started it.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:5]))
