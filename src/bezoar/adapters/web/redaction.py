"""Taking secrets out of what is repeated: an address, a line of code, a revision."""

import re
from typing import Final

HIDDEN: Final = "***"

# Written so that no input makes them slow: each part is bounded, or ends where the next begins.
_IN_AUTHORITY: Final = re.compile(r"(?<=://)[^/@\s\"'<>]{1,512}@")
_IN_QUERY: Final = re.compile(
    r"(?i)(?<=[?&;])((?:access[_-]?token|token|api[_-]?key|apikey|key|sig|signature|password|passwd"
    r"|pwd|secret|auth|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature"
    r"|x-goog-credential|awsaccesskeyid|private[_-]?token)=)[^&#\s\"'<>]{1,4096}"
)
_AS_ARGUMENT: Final = re.compile(
    r"(?i)\b((?:hf_|auth_|access_|use_auth_|api_|secret_|private_)?"
    r"(?:token|key|password|passwd|secret)"
    r"\w{0,20}[\"']?\s{0,4}[=:]\s{0,4}[\"']?)[^\s\"',)]{6,512}"
)
_AFTER_OPTION: Final = re.compile(
    r"(?i)(--(?:http-)?(?:password|token|api-key|secret)[= ]|(?<!\S)-u[= ]?|authorization:\s{0,4}"
    r"(?:bearer|basic|token)\s{1,4})[\"']?[^\s\"']{1,512}"
)
_KNOWN: Final = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{16,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|AKIA[0-9A-Z]{12,}|ASIA[0-9A-Z]{12,}|xox[abprs]-[\w-]{10,}|sk-[\w-]{16,}"
    r"|AIza[\w-]{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)


def redacted(text: str) -> str:
    """Return a text with each password, token and key replaced by `***`.

    What is decided elsewhere (`{token}`) is a name, and stays.
    """
    text = _IN_AUTHORITY.sub(_authority, text)
    for pattern in (_IN_QUERY, _AS_ARGUMENT, _AFTER_OPTION):
        text = pattern.sub(_value, text)
    return _KNOWN.sub(HIDDEN, text)


def _authority(match: re.Match[str]) -> str:
    user, colon, password = match[0][:-1].partition(":")
    if _is_name(password if colon else user):
        return match[0]
    # `git@host` and `user@host` hold no secret; a lone token does.
    if not colon and len(user) < 16:  # noqa: PLR2004 - no known kind of token is shorter
        return match[0]
    return HIDDEN + "@"


def _value(match: re.Match[str]) -> str:
    lead = match[1]
    return match[0] if _is_name(match[0][len(lead) :].strip("\"'")) else lead + HIDDEN


def _is_name(text: str) -> bool:
    """Say whether a value is a variable, not a literal: `{token}`, `$TOKEN`, `os.environ[…`."""
    return text.startswith(("{", "$", "%", "os.", HIDDEN, "<")) or text in ("None", "True", "False")
