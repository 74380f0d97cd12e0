"""Made-up entries of the DBOM."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from bezoar.datasets.entry import (
    SCHEMA_VERSION,
    Artefact,
    Content,
    DbomEntry,
    Derivation,
    Origin,
    Published,
    Sensitivity,
    Status,
)

# What a TOML file can hold: every code point but surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
some_text = texts.filter(bool)
names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
versions = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,10}", fullmatch=True)
specs = st.builds("{}@{}".format, names, versions)
uris = some_text | st.sampled_from(
    [
        "https://example.org/a?b=c#d",
        "https://example.org:8080/%20x",
        "http://[::1]/x",
        "hf://datasets/a/b@main",
        "s3://bucket/key",
        "x",
        "a b",
        "NOASSERTION",
    ]
)
licences = st.sampled_from(
    [
        "CC-BY-4.0",
        "MIT OR (Apache-2.0 WITH LLVM-exception)",
        "GPL-2.0+",
        "LicenseRef-ours",
        "NONE",
        "NOASSERTION",
    ]
)
times = st.builds(
    lambda moment, minutes: moment.replace(tzinfo=timezone(timedelta(minutes=minutes))),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - the zone follows
    st.sampled_from([0, 60, -330]),
) | st.just(datetime(2026, 11, 24, tzinfo=UTC))


def digests(*algorithms: str, size: int = 32) -> st.SearchStrategy[str]:
    value = st.binary(min_size=size, max_size=size).map(bytes.hex)
    return st.builds("{}:{}".format, st.sampled_from(algorithms), value)


sha256 = digests("sha256")
roots = digests("merkle-sha256-v1")
counts = st.integers(0, 2**63)
paths = st.builds(
    "/".join,
    st.lists(
        texts.filter(lambda t: t not in ("", "..") and not set(t) & set("/\\\0")),
        min_size=1,
        max_size=3,
    ),
)
artefacts = st.builds(Artefact, path=some_text, size=counts, digest=sha256)
published = st.builds(
    Published,
    path=paths,
    digest=sha256
    | digests("md5", "dvc-dir-md5", "md5-dos2unix", size=16)
    | digests("git-blob-sha1", size=20),
    size=st.none() | counts,
    uri=st.none() | uris,
)
contents = st.builds(
    Content,
    location=texts,
    samples=counts,
    bytes=counts,
    root=roots,
    manifest=sha256,
    classes=st.dictionaries(texts, counts, max_size=3),
    artefacts=st.lists(artefacts, max_size=2).map(tuple),
)
origins = st.builds(
    Origin,
    uris=st.lists(uris, min_size=1, max_size=3).map(tuple),
    revision=st.none() | texts,
    publisher=st.none() | texts,
    licence=st.none() | licences,
    retrieved_at=st.none() | times,
    files=st.lists(published, max_size=2).map(tuple),
)
derivations = st.builds(Derivation, dataset=specs, transform=texts, root=st.none() | roots)


@st.composite
def entries(draw: st.DrawFn, *, with_bytes: bool = False) -> DbomEntry:
    content = draw(contents if with_bytes else st.none() | contents)
    statuses = [one for one in Status if content is not None or one is not Status.APPROVED]
    name, version = draw(names), draw(versions)
    origin, schema_version = draw(origins), draw(st.sampled_from([1, SCHEMA_VERSION]))
    if schema_version == 1:  # it took any words for a licence
        origin = origin.model_copy(update={"licence": draw(st.none() | texts | licences)})
    lineage = draw(st.lists(derivations, max_size=2))
    return DbomEntry(
        schema_version=schema_version,
        name=name,
        version=version,
        purpose=draw(texts),
        status=draw(st.sampled_from(statuses)),
        reason=draw(some_text),
        added_at=draw(times),
        sensitivity=draw(st.none() | st.sampled_from(Sensitivity)),
        owners=tuple(draw(st.lists(texts, max_size=2))),
        origin=origin,
        lineage=tuple(one for one in lineage if one.dataset != f"{name}@{version}"),
        content=content,
    )
