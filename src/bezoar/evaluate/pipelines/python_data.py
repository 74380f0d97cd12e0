"""Which arguments of a call name data, and whether the call reads or writes them."""

import re
from dataclasses import dataclass, field
from typing import Final

from bezoar.evaluate.pipelines.python_code import literal
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import Either, Items, Plain, Table, Text, Unknown, Value

_WRITING: Final = re.compile(
    r"(?:to_(?!dict|list|numpy|tensor|device|pandas|datetime|records|arrow\b|string)\w+"
    r"|save\w*|dump|write\w*|export\w*|insertInto|sink_\w+|imwrite|savez?\w*|mkdir|makedirs"
    r"|upload\w*|put_object|put|push_to_hub|writestr|extractall|unpack_archive)"
)
_MOVING: Final = re.compile(
    r"(?:copy\w*|move|rename|replace|download\w*|urlretrieve|get_file|retrieve|fetch\w*"
    r"|upload_file\w*|upload_from_filename|unpack_archive|symlink\w*|extract_archive|cp)"
)
_BRINGING: Final = re.compile(r"download|fetch|retrieve|copy|move|extract|get_file|cached|pull")
_PATHLESS: Final = re.compile(r"\s|^$|[<>\n%*|]|^-|^[A-Za-z_]+\(")
_DATA: Final = re.compile(
    r"\.(?:csv|tsv|parquet|json|jsonl|ndjson|txt|feather|arrow|orc|avro|h5|hdf5|npz|npy|pkl"
    r"|pickle|joblib|zip|tar|gz|tgz|bz2|xz|zst|tfrecords?|lmdb|db|sqlite|xlsx?|pth?|ckpt|onnx"
    r"|safetensors|bin|jpg|jpeg|png|wav|mp3|mp4|ya?ml|xml|dvc|rec|nc|zarr|delta|keras|bst|model"
    r"|pb)$",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:/{1,2}[^/\s]")
_FOLDER: Final = re.compile(
    r"\.{0,2}/?(?:[\w.{}@=,\[\] -]+/)*(?:data|dataset|datasets|raw|clean|train|training|images"
    r"|features|interim|processed|models?|artifacts?|output|inputs?|samples)(?:/[\w.{}@=-]+)*/?",
    re.IGNORECASE,
)
_NAMED_SOURCES: Final = frozenset(
    {"path", "source", "src", "data", "file", "filename", "filepath", "root", "input"}
    | {"data_dir", "data_files", "train", "data_path", "input_path", "path_or_buf", "io"}
    | {"filepath_or_buffer", "f", "fname", "url", "uri", "directory", "image_dir", "train_file"}
)
_NAMED_TARGETS: Final = frozenset(
    {"dest", "dst", "target", "output", "local_dir", "output_path", "out", "destination"}
    | {"output_dir", "path_or_buf", "save_directory", "outfile", "out_path", "download_dir"}
)
_LOADS_BY_NAME: Final = re.compile(
    r"(?:load_dataset|snapshot_download|hf_hub_download|fetch_openml|load_dataset_builder)"
)
_BUILDERS: Final = frozenset(
    {"json", "csv", "text", "parquet", "arrow", "pandas", "xml", "imagefolder", "audiofolder"}
    | {"videofolder", "webdataset", "sql", "spark", "generator"}
)
"""What `datasets.load_dataset` reads files with: no dataset's name."""
_OUTPUT: Final = re.compile(r"(?i)output|checkpoint")
"""What the keys of a job's settings say of where it writes: `OutputDataConfig`."""
_MOST: Final = 16


@dataclass(slots=True)
class Named:
    """The data that a call names.

    Attributes:
        reads: Names of what it reads.
        writes: Names of what it writes.
    """

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)


def data_of(name: str, given: Given, owner: Value | None) -> Named:
    """Return the data that a call names.

    Args:
        name: Its full dotted name.
        given: Its arguments.
        owner: What a method is called on; a path, perhaps.
    """
    last = name.rpartition(".")[2]
    found = Named()
    if last in ("open", "fopen", "ZipFile", "File") and _opened(last, given, owner, found):
        return found
    if isinstance(owner, Text) and (path := literal(owner)) and is_data(path):
        (found.writes if _WRITING.fullmatch(last) else found.reads).append(path)
    if last in ("download_file", "download_fileobj", "upload_file", "upload_fileobj"):
        return _of_bucket(last, given, found)
    if last in ("get_object", "put_object") and (bucket := literal(given.get(None, ("Bucket",)))):
        key = literal(given.get(None, ("Key",)))
        (found.writes if last == "put_object" else found.reads).append(f"s3://{bucket}/{key}")
        return found
    for key, value in given.named.items():
        for path in paths_in(value, known=key in _NAMED_SOURCES | _NAMED_TARGETS):
            writes = key in _NAMED_TARGETS or (
                _WRITING.fullmatch(last) is not None and _MOVING.fullmatch(last) is None
            )
            (found.writes if writes else found.reads).append(path)
    _positional(last, given, found)
    if _LOADS_BY_NAME.fullmatch(last) and not found.reads:
        _by_name(last, given, found)
    return found


def is_data(text: str) -> bool:
    """Say whether a text names data: a path or an address."""
    if _PATHLESS.search(text) or len(text) > 1000:  # noqa: PLR2004 - no path is that long
        return False
    if _ADDRESS.match(text):
        return True
    return _DATA.search(text) is not None or ("/" in text and _FOLDER.fullmatch(text) is not None)


def is_writing(last: str, given: Given) -> bool:
    """Say whether a function writes where its arguments say, by the last part of its name."""
    if last == "open":
        mode = literal(given.get(1, ("mode",))) or literal(given.get(0))
        return len(mode) <= 3 and any(letter in mode for letter in "wax")  # noqa: PLR2004 - `wb+`
    return (_WRITING.fullmatch(last) or _MOVING.fullmatch(last)) is not None


def hands_back(last: str) -> bool:
    """Say whether a function returns where it put data, by the last part of its name."""
    return _BRINGING.search(last) is not None


def paths_in(value: Value, *, known: bool = False) -> list[str]:
    """Return the paths that a value holds.

    Args:
        value: An argument.
        known: Whether the argument's name says that it is a path.
    """
    waiting: list[Value] = [value]
    found: list[str] = []
    while waiting and len(found) < _MOST:
        one = waiting.pop(0)
        if isinstance(one, Items):
            waiting += one.items[:_MOST]
        elif isinstance(one, Table):
            pairs = one.pairs[:_MOST]
            waiting += [inner for key, inner in pairs if not _OUTPUT.search(literal(key))]
        elif isinstance(one, Either):
            waiting += one.options[:_MOST]
        elif isinstance(one, Text | Unknown):
            text = literal(one)
            decided = isinstance(one, Text) or one.default is not None
            if is_data(text) or (decided and known and "/" in text and not _PATHLESS.search(text)):
                found.append(text)
    return list(dict.fromkeys(found))


def _opened(last: str, given: Given, owner: Value | None, found: Named) -> bool:
    """Take `open(path, mode)`, and `path.open(mode)`; say whether the path is known."""
    own = isinstance(owner, Text) and last == "open"
    path = literal(owner) if own else literal(given.get(0, ("file", "path", "name")))
    mode = literal(given.get(0 if own else 1, ("mode",))) or "r"
    if not path or not (is_data(path) or "{" in path):
        return False
    writes = len(mode) <= 3 and any(letter in mode for letter in "wax")  # noqa: PLR2004 - `wb+`
    (found.writes if writes else found.reads).append(path)
    return True


def _of_bucket(last: str, given: Given, found: Named) -> Named:
    """Take boto3's calls: what lies in a bucket has a name in two parts."""
    down = last.startswith("download")
    names = ("Bucket", "Key", "Filename") if down else ("Filename", "Bucket", "Key")
    parts = [literal(given.get(at, (name,))) for at, name in enumerate(names)]
    if len([one for one in parts if one]) < len(names):
        paths = [one for one in parts if one and ("/" in one or "." in one)]
        if paths:  # Google's `blob.download_to_filename(path)` and such
            (found.writes if down else found.reads).append(paths[-1 if down else 0])
        return found
    bucket, key, path = parts if down else (parts[1], parts[2], parts[0])
    (found.reads if down else found.writes).append(f"s3://{bucket}/{key}")
    (found.writes if down else found.reads).append(path)
    return found


def _positional(last: str, given: Given, found: Named) -> None:
    each = [paths_in(one) for one in given.positional]
    moving = _MOVING.fullmatch(last) is not None
    writing = _WRITING.fullmatch(last) is not None
    several = sum(1 for one in each if one) > 1
    first = True
    for paths in each:
        for path in paths:
            writes = (writing and not moving) or (moving and not first)
            if moving and first and not several and "://" not in path:
                # `download(url_that_nobody_knows, "data/x.zip")`
                writes = last.startswith(("download", "urlretrieve", "fetch", "retrieve"))
            (found.writes if writes else found.reads).append(path)
        first = first and not paths


def _by_name(last: str, given: Given, found: Named) -> None:
    """Take what a hub knows by its name: `owner/name`."""
    value = given.get(0, ("path", "repo_id", "name"))
    name = literal(value) if value is not None and not isinstance(value, Plain) else ""
    if name and not name.startswith((".", "/")) and name not in _BUILDERS:
        hub = "openml" if last == "fetch_openml" else "hf"
        found.reads.append(f"{hub}:{name}")
