"""`send`: one letter to one mail server, encrypted unless it is on this very machine."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

_TIMEOUT_S: Final = 20.0
_IMPLICIT_TLS: Final = 465
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PERMANENT: Final = 500


class RejectedError(Exception):
    """The server will never take it; the message holds no secret."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent.

    Attributes:
        sender: An address.
        recipients: Addresses.
        subject: One line.
        body: Plain text.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str

    def message(self) -> EmailMessage:
        """Return the letter as e-mail writes it."""
        message = EmailMessage()
        message["From"] = Address(addr_spec=self.sender)
        message["To"] = tuple(Address(addr_spec=one) for one in self.recipients)
        message["Subject"] = self.subject.replace("\n", " ").replace("\r", " ")
        message["Message-ID"] = make_msgid(domain="bezoar.invalid")
        message.set_content(self.body)
        return message


def send(server: str, letter: Letter, *, user: str = "", password: str = "") -> None:
    """Send a letter.

    Args:
        server: `HOST:PORT`; 465 is TLS from the beginning, any other begins with STARTTLS.
        letter: What.
        user: Who logs in; empty for nobody.
        password: With which password.

    Raises:
        RejectedError: If the server refuses it for good, or cannot encrypt.
        OSError: If the server does not answer, or not now.
    """
    host, _, port = server.rpartition(":")
    try:
        with _connected(host.strip("[]"), int(port)) as line:
            if user:
                line.login(user, password)
            line.send_message(letter.message())
    except smtplib.SMTPResponseException as error:
        if error.smtp_code >= _PERMANENT:
            raise RejectedError(f"{host} answers {error.smtp_code}") from None
        raise OSError(f"{host} answers {error.smtp_code}") from None
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
        raise RejectedError(f"{host}: {type(error).__name__}") from None


def _connected(host: str, port: int) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if port == _IMPLICIT_TLS:
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=context)
    line = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
    if host not in _LOOPBACK:
        try:
            line.starttls(context=context)
        except BaseException:
            line.close()
            raise
    return line
