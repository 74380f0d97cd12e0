"""`bezoar fetch`: a dataset into quarantine, hashed while it comes."""

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    progress_bar,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.core.digest import Digest
    from bezoar.datasets.entry import DbomEntry
    from bezoar.fortify.fetch.fetching import Fetched, Request
    from bezoar.fortify.fetch.opening import Way
    from bezoar.project import Project

FETCHED = "dataset.fetched"
REFUSED = "dataset.refused"


def register(app: typer.Typer) -> None:
    """Add `fetch`."""
    app.command("fetch", rich_help_panel=Panel.FORTIFY)(fetch)


def fetch(  # noqa: PLR0917 - one parameter for each option
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="https://…, s3://…, gs://…, az://…, hf://…, git+https://…@REV, a path, FILE.dvc.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Lower case; letters, digits, . _ -")],
    version: Annotated[
        str | None,
        typer.Option(
            help="This version's name.", show_default="the commit, or the date", metavar="VERSION"
        ),
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option(
            metavar="HEX", help="What the file must have; other bytes leave nothing behind."
        ),
    ] = None,
    remote: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Where the data of FILE.dvc lies.")
    ] = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Ask SOURCE's host without encryption.")
    ] = False,
    credentials: Annotated[
        bool,
        typer.Option("--credentials", help="Send your own; otherwise it is asked as by anybody."),
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Fetch a dataset into quarantine, whole or not at all; `bezoar vet` looks at it next.

    Hashed while it streams, continued where it was ended, bounded. Each redirect is checked, and
    private addresses are refused. A branch or tag is resolved to its commit.
    """
    from bezoar.adapters.web.errors import UnreachableError  # noqa: PLC0415 - see the package
    from bezoar.fortify.fetch.fetching import Request  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    limits = project.settings.fetch
    request = Request(
        name, version, _digest(sha256), credentials, limits.most_bytes, limits.most_files
    )
    _check_names(name, version or "1")
    hosts = [source, remote or ""] if allow_http else []
    way = _way(project, hosts, credentials=credentials)
    try:
        fetched = _fetched(project, source, remote, way, request)
    except UnreachableError as error:
        raise _told(error, source) from None
    entry = _enter(project, source, fetched)
    limit = fail_on or project.settings.fail_on
    if form is FindingsFormat.TEXT:
        from bezoar.cli.fetch_text import fetched_text  # noqa: PLC0415 - see the package

        text = fetched_text(fetched, entry, project.root, project.state)
    else:
        fields = _fields(fetched)
        subject = fetched.spec
        text = findings_result(
            form, fetched.outcomes, subject=subject, fields=fields, fail_on=limit
        )
    write_result(text, output)
    raise typer.Exit(exit_code(fetched.findings, limit, exit_zero=exit_zero))


def _fetched(
    project: "Project", source: str, remote: str | None, way: "Way", request: "Request"
) -> "Fetched":
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - as above
    from bezoar.fortify.fetch.fetching import fetch as bring  # noqa: PLC0415 - as above
    from bezoar.fortify.fetch.opening import open_source  # noqa: PLC0415 - as above
    from bezoar.fortify.fetch.registering import require_fetchable  # noqa: PLC0415 - as above
    from bezoar.fortify.quarantine import Quarantine  # noqa: PLC0415 - as above

    with (
        open_source(source, way, remote) as opened,
        progress_bar("Fetching", of_bytes=True) as progress,
    ):
        before = partial(require_fetchable, Dbom(project))
        return bring(request, opened, Quarantine.of(project.state), progress, before=before)


def _way(project: "Project", allowed: list[str], *, credentials: bool) -> "Way":
    """Return how sources are asked: as the settings allow, and this call besides."""
    from bezoar.adapters.web.download import Downloads, Pace  # noqa: PLC0415 - as above
    from bezoar.adapters.web.reach import Reach, host_of  # noqa: PLC0415 - as above
    from bezoar.fortify.fetch.opening import Way, tokens  # noqa: PLC0415 - as above

    limits = project.settings.fetch
    hosts = {host.lower() for host in limits.allow_http}
    for text in allowed:
        url = text.removeprefix("git+")
        if url.startswith("http:"):
            hosts.add(host_of(url))
    reach = Reach(
        frozenset(hosts),
        frozenset(limits.allow_private),
        tokens=tokens(os.environ) if credentials else {},
    )
    pace = Pace(limits.most_seconds, limits.slowest_rate)
    work = project.state / "quarantine"
    return Way(Downloads(reach, pace), work, credentials, os.environ, limits.most_bytes)


def _enter(project: "Project", source: str, fetched: "Fetched") -> "DbomEntry | None":
    """Write the ledger and the DBOM: the entry last, so that the next run notices an ended one."""
    from bezoar.adapters.web.redaction import redacted  # noqa: PLC0415 - as above
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - as above
    from bezoar.fortify.fetch.registering import register_fetched  # noqa: PLC0415 - as above
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - as above

    codes = sorted({finding.code for finding in fetched.findings})
    detail: dict[str, Any] = {"dataset": fetched.spec, "findings": codes}
    record, dbom = fetched.record, Dbom(project)
    if record is None:
        detail |= {"source": redacted(source), "why": "the bytes or names of its source"}
        with open_ledger(project) as ledger:
            ledger.append(REFUSED, fetched.spec, detail)
        return None
    known = dbom.path(*fetched.spec.split("@", 1)).is_file()
    if fetched.again and known and (entry := dbom.find(fetched.spec)).origin.retrieved_at:
        return entry  # without it an earlier run was ended in between
    detail |= {
        "source": record.source,
        "revision": record.revision,
        "digest": str(record.digest),
        "files": len(record.files),
        "bytes": record.size,
    }
    with open_ledger(project) as ledger:
        ledger.append(FETCHED, fetched.spec, detail)
    return register_fetched(record, dbom)


def _fields(fetched: "Fetched") -> dict[str, Any]:
    record = fetched.record
    return {
        "dataset": fetched.spec,
        "again": fetched.again,
        "digest": str(record.digest) if record else None,
        "size": record.size if record else None,
        "record": record.model_dump(mode="json") if record else None,
    }


def _digest(text: str | None) -> "Digest | None":
    from bezoar.core.digest import Digest  # noqa: PLC0415 - as above

    if text is None:
        return None
    value = text.strip().lower().removeprefix("sha256:")
    try:
        digest = Digest.parse(f"sha256:{value}")
    except ValueError:
        digest = None
    if digest is None or len(digest.value) != 32:  # noqa: PLR2004 - bytes of a SHA-256
        raise UsageError(f"not a SHA-256: {text!r}", next="sha256sum FILE")
    return digest


def _check_names(name: str, version: str) -> None:
    from bezoar.datasets.entry import check_names  # noqa: PLC0415 - as above

    check_names(name, version)


def _told(error: Exception, source: str) -> BezoarError:
    """Return a failure of the world outside with what mends it."""
    from bezoar.adapters.web.errors import (  # noqa: PLC0415 - as above
        CutOffError,
        NotThereError,
        PrivateAddressError,
    )

    match error:
        # A place that a redirect leads to is never proposed: it is the choice of a stranger.
        case PrivateAddressError() if error.place == _place(source):
            then = f'if it is yours: allow_private = ["{error.place}"] below [fetch] in bezoar.toml'
        case NotThereError(status=401 | 403):
            then = "--credentials, if you may have it"
        case CutOffError():
            then = "the same command again: what has come is kept"
        case _:
            then = ""
    return BezoarError(f"not fetched: {error}", next=then)


def _place(source: str) -> str:
    """Return `HOST:PORT` of an address that was read before."""
    parts = urlsplit(source.removeprefix("git+"))
    return f"{parts.hostname}:{parts.port or {'https': 443, 'http': 80}.get(parts.scheme)}"
