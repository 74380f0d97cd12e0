"""The sample table of a registered version, or of what lies at a path: kept, or built now.

Tables lie in `.bezoar/tables/`, named by the root of what they describe. The bytes are hashed
first, each time: a table is used again for the same bytes, and for no others.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.outcome import Outcome
from bezoar.datasets.dbom import Dbom, means_path
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.files import FILES, open_files
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.reading_rules import listing_outcomes
from bezoar.datasets.sample_table.building import build_table
from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, SCHEMA_VERSION, schema
from bezoar.datasets.sample_table.data_files import SUFFIXES, reading, scan
from bezoar.datasets.sample_table.joining import writing_table
from bezoar.datasets.sample_table.rows import build_rows, kind_of_rows
from bezoar.datasets.survey import Survey, survey
from bezoar.project import Project

Progress = Callable[[int, int], None]
Stages = Callable[[str], AbstractContextManager[Progress]]
"""Called with what begins; gives what is called now and then with (done, total)."""

IMAGES: Final = "images"
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class SampleTable:
    """The sample table of some data.

    Attributes:
        name: `NAME@VERSION`, or the path as it was given.
        kind: `images`, `text` or `tabular`.
        path: The Parquet file.
        root: The root of the data that it describes.
        entry: The registered version; None for what lies at a path.
        whole: False where only the manifest was at hand: most columns are null then.
        listing: One outcome for each rule on listing the samples; empty where none were listed.
    """

    name: str
    kind: str
    path: Path
    root: Digest
    entry: DbomEntry | None = None
    whole: bool = True
    listing: tuple[Outcome, ...] = ()

    def scan(self) -> pl.LazyFrame:
        """Return its rows."""
        return pl.scan_parquet(self.path, glob=False, hive_partitioning=False)


def table_of(
    text: str,
    project: Project,
    *,
    provenance: Path | None = None,
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> SampleTable:
    """Return the sample table of `NAME`, `NAME@VERSION` or a path; build it where there is none.

    Args:
        text: What to describe.
        project: Whose DBOM and state folder.
        provenance: A CSV or Parquet file with `path` and any of `source`, `uploader`, `added_at`,
            `split`; by default `provenance.csv` in the data's folder, where there is one.
        stages: Shows progress.

    Raises:
        UsageError: If there is no such name or path.
        NothingToInspectError: If there is nothing in it.
        BezoarError: If it cannot be read, or is not what was registered.
    """
    if means_path(text):
        return _built(text, Path(text).expanduser(), None, project, stages, provenance=provenance)
    dbom = Dbom(project)
    entry = dbom.find(text)
    found = _built(entry.spec, dbom.locate(entry), entry, project, stages, provenance=provenance)
    if found.root != entry.root:
        raise BezoarError(
            f"{entry.spec} is not what was registered: its root is {found.root}",
            next=f"bezoar verify {entry.spec}",
        )
    return found


def table_of_version(
    spec: str,
    project: Project,
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> SampleTable:
    """Return the sample table of a registered version, to compare another one with.

    Where its data is gone, or something else lies in its place, the table that was kept is used,
    else its manifest, which knows names, labels, sizes and digests alone.

    Raises:
        UsageError: If the DBOM knows no such version.
        BezoarError: If nothing of it can be read.
    """
    dbom = Dbom(project)
    entry = dbom.find(spec)
    path = dbom.locate(entry)
    if path.exists():
        found = _built(entry.spec, path, entry, project, stages)
        if found.root == entry.root:
            return found
    kept = _kept(entry, project)
    if kept is None:
        raise BezoarError(f"the data of {entry.spec} is gone", next=f"bezoar pull {entry.spec}")
    return kept


def approved_version(entry: DbomEntry, project: Project) -> DbomEntry | None:
    """Return the newest approved version of a name, but for the one given."""
    others = [
        one
        for one in Dbom(project).entries(entry.name)
        if one.status is Status.APPROVED and one.spec != entry.spec
    ]
    return others[-1] if others else None


def approved_table(entry: DbomEntry, project: Project) -> tuple[Path | None, str]:
    """Return the table of the newest other approved version, and its name; no data is read.

    It is the one that was kept, else one of its manifest; None where there is neither.
    """
    version = approved_version(entry, project)
    found = _kept(version, project) if version is not None else None
    if found is None or found.kind != IMAGES:
        return None, ""
    return found.path, found.name


def _kept(entry: DbomEntry, project: Project) -> SampleTable | None:
    """Return the table that was kept of a version, else one of its manifest alone."""
    kept = _folder(project) / f"{entry.root.hex}.parquet"
    if kept.is_file():
        return SampleTable(entry.spec, _kind_of_table(kept), kept, entry.root, entry)
    if entry.registered.layout == FILES:
        return None
    path = manifest_path(Dbom(project).manifests, entry.manifest)
    manifest = read_manifest(path, entry.manifest, entry.root)
    target = _folder(project) / f"{entry.root.hex}-manifest.parquet"
    with writing_table(target, schema(IMAGE_COLUMNS)) as write:
        write(_of_manifest(manifest))
    return SampleTable(entry.spec, IMAGES, target, entry.root, entry, whole=False)


def _folder(project: Project) -> Path:
    return project.state / "tables"


def _built(
    name: str,
    path: Path,
    entry: DbomEntry | None,
    project: Project,
    stages: Stages,
    *,
    provenance: Path | None = None,
) -> SampleTable:
    path = path.absolute()
    if not path.exists():
        where = f"bezoar pull {entry.spec}" if entry else f"ls {path.parent}"
        raise UsageError(f"{path} does not exist", next=where)
    dataset, kind = _opened(path, entry)
    with stages("Hashing") as progress:
        found = survey(dataset, progress=progress)
    said = _provenance(path, provenance) if kind == IMAGES else None
    target = _folder(project) / f"{_key(found, said)}.parquet"
    if not target.is_file():
        with stages("Building the sample table") as progress:
            if kind == IMAGES:
                build_table(path, target, provenance=said, progress=progress)
            else:
                build_rows(path, target, progress)
        _check_unchanged(target, path, kind, found.manifest)
    listing = listing_outcomes(dataset)
    return SampleTable(name, kind, target, found.manifest.root, entry, listing=listing)


def _opened(path: Path, entry: DbomEntry | None) -> tuple[IndexedDataset, str]:
    """Open pictures, else the files of rows."""
    as_files = entry is not None and entry.registered.layout == FILES
    if not as_files and not path.name.lower().endswith(tuple(set(SUFFIXES) - {".parquet"})):
        try:
            dataset = open_dataset(path)
        except NothingToInspectError:
            dataset = None
        if dataset is not None and (dataset.ids or not _may_hold_rows(path)):
            return dataset, IMAGES
    return open_files(path), kind_of_rows(path)


def _may_hold_rows(path: Path) -> bool:
    return path.is_dir() or path.name.lower().endswith(SUFFIXES)


def _kind_of_table(path: Path) -> str:
    names = set(pl.read_parquet_schema(path))
    if set(schema(IMAGE_COLUMNS)) <= names:
        return IMAGES
    return "text" if {"text_sha256", "outcome"} <= names else "tabular"


def _key(found: Survey, said: pl.DataFrame | None) -> str:
    """Return what a table is named by: all that goes into it."""
    root = found.manifest.root.hex
    others = [f"{SCHEMA_VERSION}"] if SCHEMA_VERSION > 1 else []
    others += [str(finding.place) for finding in found.unreadable]
    if said is not None:
        others.append(said.write_csv())
    if not others:
        return root
    digest = hashlib.sha256("\n".join(others).encode()).hexdigest()
    return f"{root}-{digest[:_SHORT]}"


def _provenance(path: Path, given: Path | None) -> pl.DataFrame | None:
    beside = path / "provenance.csv"
    chosen = given or (beside if path.is_dir() and beside.is_file() else None)
    if chosen is None:
        return None
    with reading(chosen):
        table = scan([chosen]).collect()
        known = {"source": pl.String, "uploader": pl.String, "split": pl.String}
        names = [name for name in (*known, "added_at") if name in table.columns]
        if "path" not in table.columns or not names:
            raise UsageError(
                f"{chosen} has no column path, or none of source, uploader, added_at, split",
                next=f"head -1 {chosen}",
            )
        wanted = [pl.col(name).cast(pl.String) for name in ("path", *names)]
        table = table.select(wanted).unique("path", keep="first", maintain_order=True)
        if "added_at" in names:
            time = pl.col("added_at").str.to_datetime(time_unit="ms", time_zone="UTC", strict=False)
            table = table.with_columns(time)
    return table


def _check_unchanged(target: Path, path: Path, kind: str, manifest: Manifest) -> None:
    """Make sure that what the table says is about the bytes that were hashed before."""
    if kind == IMAGES:
        columns = pl.read_parquet(target, columns=["path", "bytes", "sha256", "label"])
        rows = columns.filter(pl.col("sha256").is_not_null()).iter_rows()
        root = Manifest.of(Entry(*row) for row in rows).root
    else:
        root = survey(open_files(path)).manifest.root
    if root != manifest.root:
        target.unlink(missing_ok=True)
        raise BezoarError(f"{path} changed while it was read", next="run it again")


def _of_manifest(manifest: Manifest) -> pl.DataFrame:
    kinds = schema(IMAGE_COLUMNS)
    known = pl.DataFrame(
        [(one.path, one.size, one.sha256, one.label) for one in manifest.entries],
        schema={"path": pl.String, "bytes": pl.Int64, "sha256": pl.Binary, "label": pl.String},
        orient="row",
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in kinds.items()]
    return known.with_columns(one for one in missing if one.meta.output_name() not in known.columns)
