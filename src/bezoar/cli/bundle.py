"""`bezoar bundle`: OpenSSF model-signing bundles, written and verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.keys import ask_passphrase
from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    progress_bar,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.core.manifest import Manifest

SCHEMA_VERSION = 1
_SHOWN = 20
_ENCRYPTED = b"ENCRYPTED"


def register(app: typer.Typer) -> None:
    """Add `bundle` and its subcommands."""
    bundle = typer.Typer(
        no_args_is_help=True, help="OpenSSF model signing v1.0: what other tools verify."
    )
    bundle.command("write")(write)
    bundle.command("verify")(verify)
    app.add_typer(bundle, name="bundle", rich_help_panel=Panel.FORTIFY)


def write(
    dataset: Annotated[
        str, typer.Argument(metavar="NAME[@VERSION]", help="An approved dataset or model.")
    ],
    key: Annotated[
        Path, typer.Option(metavar="FILE", help="The private key, PEM: ECDSA on a NIST curve.")
    ],
    output: OutputOption = None,
) -> None:
    """Write a bundle over every file of what was approved here."""
    from bezoar.adapters.model_signing import private_key, write_bundle  # noqa: PLC0415 - see cli
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - the same
    from bezoar.datasets.manifest import manifest_path, read_manifest  # noqa: PLC0415 - the same
    from bezoar.fortify.signing import check_approval  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    dbom = Dbom(project)
    approval = check_approval(project, dbom.find(dataset))
    files = read_manifest(manifest_path(dbom.manifests, approval.files), approval.files)
    pem = _read(key)
    word = ask_passphrase(key.name) if _ENCRYPTED in pem else None
    try:
        data = write_bundle(files, approval.spec, private_key(pem, word))
    except ValueError as error:
        raise UsageError(
            f"{key}: {error}", next="openssl ecparam -name prime256v1 -genkey"
        ) from None
    write_result(data.decode(), output)


def verify(
    path: Annotated[Path, typer.Argument(help="The file or folder that it is about.")],
    bundle: Annotated[Path, typer.Option(metavar="FILE", help="The bundle.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The public key, PEM.")],
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Check that each file is one that a bundle vouches for, and that none is missing or added.

    Paths that the bundle ignores count as not signed. Exits 1 on any difference.
    """
    from bezoar.adapters.model_signing import (  # noqa: PLC0415 - see the package's docstring
        MOST_BYTES,
        public_key,
        verify_bundle,
    )

    try:
        signed = verify_bundle(_read(bundle, MOST_BYTES), public_key(_read(key)))
    except ValueError as error:
        raise UnverifiedBundleError(f"{bundle}: {error}", next="bezoar bundle verify -h") from None
    found = signed.differences(_files(path, bundle))
    if form is Format.JSON:
        fields = {"name": signed.name, "files": len(signed.files), "differences": found}
        write_result(as_json({"schema_version": SCHEMA_VERSION, **fields}), output)
    else:
        lines = [printable(one) for one in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"and {len(found) - _SHOWN:,} more: --format json lists all")
        verdict = (
            f"differences: {len(found):,}" if found else "each file is signed, none is missing"
        )
        lines.append(f"{printable(signed.name)}: {verdict} ({len(signed.files):,} in the bundle)")
        write_result("\n".join(lines), output)
    if signed.ignored:
        note(f"the bundle ignores {', '.join(signed.ignored)}: what lies there nobody signed")
    raise typer.Exit(1 if found else 0)


class UnverifiedBundleError(BezoarError):
    """A bundle that cannot be read, or that the key did not sign (exit code 1)."""

    exit_code = 1


def _files(path: Path, bundle: Path) -> "Manifest":
    """Return the files that lie at a path, without the bundle itself."""
    from bezoar.core.manifest import Manifest  # noqa: PLC0415 - see the package's docstring
    from bezoar.fortify.vetting.files import take_stock  # noqa: PLC0415 - the same

    with progress_bar("Hashing") as progress:
        here = take_stock(path, progress).manifest
    if path.is_dir() and bundle.absolute().is_relative_to(path.absolute()):
        name = bundle.absolute().relative_to(path.absolute()).as_posix()
        return Manifest.of(entry for entry in here.entries if entry.path != name)
    return here


def _read(path: Path, most: int = 1 << 20) -> bytes:
    from bezoar.fortify.signing.documents import read_document  # noqa: PLC0415 - see the package

    try:
        data = read_document(path.resolve(), most)  # a link that a person names is followed
    except ValueError as error:
        raise UsageError(f"{path}: {error}", next=f"ls -l {path}") from None
    if data is None:
        raise UsageError(f"{path} does not exist", next=f"ls -l {path.parent}")
    return data
