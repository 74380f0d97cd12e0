"""Baselines that somebody vouches for: signed when they are made, checked when they are used.

The signature lies beside the baseline, in `FILE.sig`: a DSSE envelope over its digest and its
model's name. Who can change the file can take the signature away, too; so a project says in
`[monitor]` that it takes none without (`require_signed = true`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.json_object import canonical
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing.chain import NoKeysError, trusted_keyring
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import Envelope, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, Role
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import Passphrase, own_keys
from bezoar.ledger import open_ledger
from bezoar.limit.baseline import Baseline, parse_baseline
from bezoar.project import Project

KIND: Final = "application/vnd.bezoar.baseline+json"
MADE, REPLACED = "monitor.baseline", "monitor.rebaseline"
"""What the ledger calls a model's first baseline, and one that takes another's place."""
_SIGNERS: Final = (Role.APPROVER, Role.REVIEWER)
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Trusted:
    """A baseline and who vouches for it.

    Attributes:
        baseline: It.
        signers: Names of the keys whose signatures hold; none where it is unsigned.
    """

    baseline: Baseline
    signers: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        """Who vouches for it, in words."""
        return f"signed by {', '.join(self.signers)}" if self.signers else "unsigned"


def keep_baseline(
    project: Project,
    made: Baseline,
    path: Path,
    passphrase: Passphrase,
    *,
    key: str | None = None,
) -> Trusted:
    """Write a baseline, sign it where there is a key, and leave an event in the ledger.

    Args:
        project: Whose keys and ledger.
        made: The baseline.
        path: Where it goes.
        passphrase: Asks for the passphrase of the key.
        key: Which key signs; None: the only one here that may, or none.

    Raises:
        UsageError: If the named key may not sign, or several may and none is named.
        BezoarError: If something cannot be written.
    """
    if not path.parent.is_dir():
        raise BezoarError(f"cannot write {path}: no such folder", next=f"mkdir -p {path.parent}")
    before = _digest_of(path)
    content = (made.as_json() + "\n").encode("ascii")
    signed = _signed(project, made, content, passphrase, key)
    # The old signature goes first: at no time does one lie beside what it is not about.
    signature = signature_path(path)
    signature.unlink(missing_ok=True)
    write_whole(path, content)
    if signed is not None:
        write_whole(signature, signed.content())
    found = read_trusted(project, path, strict=False)
    detail = {
        "model": made.model,
        "predictions": made.predictions,
        "file": path.name,
        "signers": list(found.signers),
        "previous": before,
    }
    with open_ledger(project) as ledger:
        ledger.append(REPLACED if before else MADE, str(made.digest), detail)
    return found


def read_trusted(project: Project, path: Path, *, strict: bool = True) -> Trusted:
    """Read a baseline and say who vouches for it.

    Args:
        project: Whose keys and policy.
        path: The baseline; its signature lies beside it.
        strict: Whether the project's policy is asked.

    Raises:
        UsageError: If it is not there.
        BezoarError: If it is none, its signature does not hold, or it has none and needs one.
    """
    again = f"bezoar monitor baseline MODEL --from STREAM -o {path}"
    try:
        data = read_document(path.resolve(), _MOST_BYTES)
        if data is None:
            raise UsageError(f"cannot read {path}: it is not there", next=again)
        signature = read_document(signature_path(path))
        signers = _signers(project, data, signature) if signature is not None else ()
    except ValueError as error:
        raise BezoarError(f"the baseline {path} does not hold: {error}", next=again) from None
    if strict and not signers and project.settings.monitor.require_signed:
        raise BezoarError(
            f"the baseline {path} is unsigned, and [monitor] require_signed asks for a signature",
            next=again,
        )
    return Trusted(parse_baseline(data), signers)


def signature_path(path: Path) -> Path:
    """Return where a baseline's signature lies."""
    return path.with_name(path.name + ".sig")


def _signed(
    project: Project, made: Baseline, content: bytes, passphrase: Passphrase, key: str | None
) -> Envelope | None:
    keyring = _keyring(project)
    if keyring is None:
        if key is not None:
            raise UsageError("the project has no keys", next="bezoar keys new NAME")
        return None
    may = {one.key.id for one in keyring.holders(*_SIGNERS)}
    if key is None and not any(public.id in may for public in own_keys().values()):
        return None
    signer = choose_key(keyring, _SIGNERS, key, passphrase)
    return Envelope(_statement(made.model, content), KIND).with_signature(signer)


def _signers(project: Project, data: bytes, signature: bytes) -> tuple[str, ...]:
    """Return whose signatures hold.

    Raises:
        ValueError: If none does.
        BezoarError: If the keys do not hold.
    """
    keyring = _keyring(project)
    if keyring is None:
        raise ValueError("it is signed, and there are no keys to check that with")
    envelope = parse_envelope(signature, KIND)
    if envelope.payload != _statement(parse_baseline(data).model, data):
        raise ValueError("it was edited after it was signed")
    found = envelope.signers(keyring.holders(*_SIGNERS))
    if not found:
        raise ValueError("no key of the project signed it")
    return tuple(sorted(one.name for one in found))


def _statement(model: str, content: bytes) -> bytes:
    return canonical({"schema_version": 1, "model": model, "baseline": str(Digest.of(content))})


def _keyring(project: Project) -> Keyring | None:
    try:
        return trusted_keyring(project.root, keys_folder(project.dbom))
    except NoKeysError:
        return None


def _digest_of(path: Path) -> str:
    """Return the digest of the baseline that lies there; empty where none does."""
    try:
        data = read_document(path, _MOST_BYTES)
        return str(parse_baseline(data).digest) if data is not None else ""
    except (ValueError, BezoarError):
        return ""
