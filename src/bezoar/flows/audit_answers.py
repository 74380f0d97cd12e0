"""The team's answers to what no file shows: kept in `dbom/records/`, signed, read back, judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.severity import Severity
from bezoar.datasets.entry import now
from bezoar.datasets.writing import write_whole
from bezoar.evaluate.questions import (
    DAYS,
    MOST_BYTES,
    UNANSWERED,
    Answer,
    Answers,
    answered,
    parse_answers,
    unanswered,
)
from bezoar.fortify.signing.chain import NoKeysError, trusted_keyring
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import Envelope, parse_envelope
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.fortify.signing.revocation import REVOKERS
from bezoar.ledger import open_ledger
from bezoar.project import Project

KIND: Final = "application/vnd.bezoar.audit-answers+json"
ANSWERED: Final = "audit.answered"
_RECORD: Final = "dbom/records/audit-answers.json"
_NEXT: Final = "bezoar audit --questions"


@dataclass(frozen=True, slots=True)
class Said:
    """What a team said, as far as it counts.

    Attributes:
        answers: Those that count; None where there are none.
        findings: Of BZ237.
        signers: Names of the keys whose signatures hold.
        standing: In a sentence: signed by whom, or not.
    """

    answers: Answers | None
    findings: tuple[Finding, ...]
    signers: tuple[str, ...] = ()
    standing: str = ""


def record_answers(
    project: Project,
    given: Mapping[str, Answer],
    by: str,
    passphrase: Passphrase,
    *,
    days: int = DAYS,
    key: str | None = None,
) -> Said:
    """Write a team's answers down; where the project has keys, one of them signs.

    Args:
        project: Whose.
        given: Answers by the question's name.
        by: Who answered.
        passphrase: Asks for the passphrase of the key.
        days: For how long they count.
        key: Which key signs; None: the only one here that may.

    Raises:
        UsageError: If an answer is unknown, or no key here may sign.
        BezoarError: If the keys do not hold, or nothing can be written.
    """
    answers = answered(given, by, now(), days)
    content = answers.content()
    keyring = _keyring(project)
    if keyring is not None:
        signer = choose_key(keyring, REVOKERS, key, passphrase)
        signed = Envelope(content, KIND).with_signature(signer)
        write_whole(_signature(project), signed.content())
    write_whole(project.root / _RECORD, content)
    with open_ledger(project) as ledger:
        ledger.append(ANSWERED, str(Envelope(content, KIND).digest), {"by": by, "days": days})
    return read_answers(project)


def read_answers(project: Project) -> Said:
    """Read a project's answers and say what of them counts.

    A record that was edited, or whose signature does not hold, counts for nothing.
    """
    try:
        data = read_document(project.root / _RECORD, MOST_BYTES)
    except ValueError as error:
        return _nothing(str(error))
    if data is None:
        return Said(None, (), standing="nobody was asked so far")
    try:
        answers = parse_answers(data)
        signers = _signers(project, data)
    except (ValueError, BezoarError) as error:
        return _nothing(str(error))
    standing = f"signed by {', '.join(signers)}" if signers else "not signed: there are no keys"
    return Said(answers, tuple(_open(answers)), signers, standing)


def _nothing(why: str) -> Said:
    place = Place(PlaceKind.FILE, _RECORD)
    message = f"The answers do not count: {why}."
    return Said(None, (Finding(UNANSWERED, place, message, Severity.MEDIUM, next=_NEXT),), (), why)


def _open(answers: Answers) -> Iterator[Finding]:
    """Yield a finding for each reason why questions are without an answer."""
    place = Place(PlaceKind.FILE, _RECORD)
    missing = [(why, question.name) for question, why in unanswered(answers, now())]
    for why, same in groupby(sorted(missing), key=itemgetter(0)):
        names = [name for _, name in same]
        message = f"{', '.join(names)}: {why}."
        yield Finding(UNANSWERED, place, message, evidence={"questions": names}, next=_NEXT)


def _keyring(project: Project) -> Keyring | None:
    try:
        return trusted_keyring(project.root, keys_folder(project.dbom))
    except NoKeysError:
        return None


def _signers(project: Project, data: bytes) -> tuple[str, ...]:
    """Return whose signatures hold over a record; none where the project has no keys.

    Raises:
        ValueError: If there are keys and none of them signed these bytes.
        BezoarError: If the keys do not hold.
    """
    found = read_document(_signature(project))
    keyring = _keyring(project)
    if found is None and keyring is None:
        return ()
    if keyring is None:
        raise ValueError("they are signed, and there are no keys to check that with")
    if found is None:
        raise ValueError("nobody signed them, and the project has keys")
    envelope = parse_envelope(found, KIND)
    if envelope.payload != data:
        raise ValueError("they were edited after they were signed")
    signers = envelope.signers(keyring.holders(*REVOKERS))
    if not signers:
        raise ValueError("no key of the project signed them")
    return tuple(sorted(one.name for one in signers))


def _signature(project: Project) -> Path:
    return project.dbom / "signatures" / "audit-answers.json"
