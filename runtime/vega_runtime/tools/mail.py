"""Sending e-mail over SMTP."""

import asyncio
import re
from collections.abc import Mapping

from vega_runtime.errors import ToolError
from vega_runtime.tools.definition import Args, Tool, ToolContext

_TIMEOUT = 30.0


class SendEmailTool(Tool):
    """Sends a message as SMTP_HOST, SMTP_PORT (587), SMTP_USER, SMTP_PASS and SMTP_FROM say.

    Port 465 is TLS from the start; on others STARTTLS is used when offered, and always before a
    password is sent.
    """

    async def run(self, args: Args, context: ToolContext) -> str:
        host = context.env.get("SMTP_HOST")
        sender = context.env.get("SMTP_FROM") or context.env.get("SMTP_USER")
        if not host or not sender:
            missing = "SMTP_HOST" if not host else "SMTP_FROM"
            raise ToolError(f"e-mail is not set up: set {missing} in the environment")
        # smtplib blocks; a cancelled call is left to its own time limit.
        refused = await asyncio.to_thread(_send, args, context.env, host, sender)
        but = f", but not to {', '.join(refused)}" if refused else ""
        return f"sent to {args['to']}{but}"


def _send(args: Args, env: Mapping[str, str], host: str, sender: str) -> list[str]:
    """Send; the recipients that the server refused, where it took others."""
    import smtplib
    import ssl
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid

    message = EmailMessage()
    try:
        message["From"] = sender
        message["To"] = args["to"]
        message["Subject"] = args["subject"]
        if args.get("cc"):
            message["Cc"] = args["cc"]
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or None)
        # smtplib would write ">From" for a line that begins with "From", as mailboxes once did.
        mangled = re.search(r"(?m)^From ", args["body"]) is not None
        message.set_content(args["body"], cte="base64" if mangled else None)
    except ValueError as problem:
        raise ToolError(f"the message cannot be written: {problem}") from None
    port_text = env.get("SMTP_PORT") or "587"
    if not port_text.isdecimal() or not 0 < int(port_text) < 65536:
        raise ToolError(f"SMTP_PORT is not the number of a port: {port_text!r}")
    port, user = int(port_text), env.get("SMTP_USER")
    tls = ssl.create_default_context(cafile=env.get("SSL_CERT_FILE") or None)
    try:
        if port == 465:
            server = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=tls)
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT)
        with server:
            server.ehlo()
            if port != 465 and (user or server.has_extn("starttls")):
                server.starttls(context=tls)
            if user:
                server.login(user, env.get("SMTP_PASS", ""))
            return list(server.send_message(message))
    except smtplib.SMTPAuthenticationError:
        raise ToolError(f"the mail server {host} refuses SMTP_USER and SMTP_PASS") from None
    except smtplib.SMTPRecipientsRefused as problem:
        names = ", ".join(problem.recipients)
        raise ToolError(f"the mail server {host} refuses the recipients {names}") from None
    except (smtplib.SMTPException, OSError) as problem:
        raise ToolError(f"the mail server {host}:{port} failed: {problem}") from None
