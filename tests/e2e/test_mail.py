"""`send_email` against a real mail server on loopback."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from tests.e2e.test_http_tools import call, certificate  # noqa: F401 - a fixture
from vega_runtime.models.base import ToolResult
from vega_runtime.tools import ToolContext, builtin_tool

MESSAGE = {"to": "a@example.com", "subject": "s", "body": "b"}


class Box:
    """What a server took, and what it refuses."""

    def __init__(self) -> None:
        self.port = 0
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.password = b"s3cret"
        self.refused = ""
        self.full = False
        self.encrypted: list[bool] = []

    @property
    def messages(self) -> list[EmailMessage]:
        found: list[EmailMessage] = []
        for envelope in self.envelopes:
            assert isinstance(envelope.content, bytes)
            found.append(message_from_bytes(envelope.content, policy=policy.default))
        return found

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address == self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope
    ) -> str:
        if self.full:
            return "452 the disk is full"
        self.encrypted.append(session.ssl is not None)
        self.envelopes.append(envelope)
        return "250 OK"

    def login(self, server: SMTP, session: Any, envelope: Any, way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)


@asynccontextmanager
async def mail_server(
    tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncGenerator[tuple[Box, dict[str, str]]]:
    """A server in this loop, and the environment by which it is reached."""
    box = Box()
    options = {"authenticator": box.login, "tls_context": tls, "hostname": "localhost", **options}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, **options), "127.0.0.1", 0
    )
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield (
            box,
            {
                "SMTP_HOST": "localhost",
                "SMTP_PORT": str(box.port),
                "SMTP_FROM": "Vega <vega@example.com>",
            },
        )


def server_tls(certificate: Path) -> ssl.SSLContext:  # noqa: F811
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return tls


async def send(env: dict[str, str], **message: str) -> ToolResult:
    return await call(builtin_tool("send_email"), ToolContext(env=env), **MESSAGE | message)


async def test_a_message_arrives_as_it_was_written() -> None:
    body = "Grüße\n.\n.. two dots\nFrom here\n" + "long " * 300
    async with mail_server() as (box, env):
        result = await send(
            env,
            to="a@example.com, B <b@example.com>",
            cc="c@example.com",
            subject="Grüße ✉",
            body=body,
        )
    assert result.content == "sent to a@example.com, B <b@example.com>"
    (message,) = box.messages
    assert message["Subject"] == "Grüße ✉"
    assert message["From"] == "Vega <vega@example.com>"
    assert message["To"] == "a@example.com, B <b@example.com>"
    assert message["Cc"] == "c@example.com"
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Date"]
    assert message.get_content().replace("\r\n", "\n").rstrip("\n") == body.rstrip("\n")
    assert box.envelopes[0].mail_from == "vega@example.com"
    assert box.envelopes[0].rcpt_tos == ["a@example.com", "b@example.com", "c@example.com"]
    assert box.encrypted == [False]


async def test_encryption_is_used_where_the_server_has_it(certificate: Path) -> None:  # noqa: F811
    async with mail_server(server_tls(certificate), require_starttls=True) as (box, env):
        assert not (await send({**env, "SSL_CERT_FILE": str(certificate)})).is_error
    assert box.encrypted == [True]


async def test_a_certificate_that_is_not_trusted_ends_it(certificate: Path) -> None:  # noqa: F811
    async with mail_server(server_tls(certificate)) as (box, env):
        result = await send(env)
    assert "certificate" in result.content
    assert result.is_error
    assert box.envelopes == []


async def test_a_password_travels_encrypted(certificate: Path) -> None:  # noqa: F811
    login = {"SMTP_USER": "vega@example.com", "SMTP_PASS": "s3cret"}
    async with mail_server(server_tls(certificate), auth_required=True) as (box, env):
        env = {**env, **login, "SSL_CERT_FILE": str(certificate)}
        assert not (await send(env)).is_error
        assert box.logins == [(b"vega@example.com", b"s3cret")]
        wrong = await send({**env, "SMTP_PASS": "another"})
        assert wrong.content == "the mail server localhost refuses SMTP_USER and SMTP_PASS"
    assert box.encrypted == [True]


async def test_a_password_is_not_sent_in_the_clear() -> None:
    login = {"SMTP_USER": "vega@example.com", "SMTP_PASS": "s3cret"}
    async with mail_server(auth_require_tls=False) as (box, env):
        result = await send({**env, **login})
    assert result.is_error
    assert "s3cret" not in result.content
    assert box.logins == []


@pytest.mark.parametrize("field", ["to", "subject", "cc"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_a_header_stays_one_header(field: str, end: str) -> None:
    async with mail_server() as (box, env):
        result = await send(env, **{field: f"a@example.com{end}Bcc: victim@example.com"})
    assert result.is_error
    assert box.envelopes == []


async def test_recipients_that_are_refused() -> None:
    async with mail_server() as (box, env):
        box.refused = "b@example.com"
        one = await send(env, to="b@example.com")
        assert "refuses the recipients b@example.com" in one.content
        some = await send(env, to="a@example.com, b@example.com")
        assert not some.is_error
        assert some.content == "sent to a@example.com, b@example.com, but not to b@example.com"
        box.full = True
        assert "the disk is full" in (await send(env)).content
    assert [envelope.rcpt_tos for envelope in box.envelopes] == [["a@example.com"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SMTP_HOST": ""}, "set SMTP_HOST"),
        ({"SMTP_FROM": ""}, "set SMTP_FROM"),
        ({"SMTP_PORT": "x"}, "SMTP_PORT"),
        ({"SMTP_PORT": "70000"}, "SMTP_PORT"),
        ({"SMTP_HOST": "no-such-host.invalid"}, "failed"),
    ],
)
async def test_mail_that_is_not_set_up(change: dict[str, str], message: str) -> None:
    async with mail_server() as (box, env):
        result = await send({**env, **change})
    assert result.is_error
    assert message in result.content
    assert box.envelopes == []


async def test_a_server_that_is_no_mail_server() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        env = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_FROM": "v@example.com"}
        result = await send(env)
    assert result.is_error
    assert "failed" in result.content
