"""`notify`: a text to whatever apprise knows: Teams, Telegram, SMS and others."""

import warnings

from bezoar.core.errors import BezoarError


def notify(url: str, title: str, body: str) -> bool:
    """Send a text and say whether it was taken.

    Args:
        url: In apprise's own notation; often a secret.
        title: One line.
        body: The text.

    Raises:
        BezoarError: If apprise is not installed, or does not know such an address.
    """
    # Its authors live with a module that Python 3.11 warns of.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            raise BezoarError(
                "apprise is not installed", next="pip install 'bezoar[alerts]'"
            ) from None
        sender = apprise.Apprise()
        if not sender.add(url):
            raise BezoarError("apprise does not know such an address", next="apprise --details")
        return bool(sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
