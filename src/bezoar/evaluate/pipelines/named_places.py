"""Which arguments of a step name what it reads, and which what it writes."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.evaluate.pipelines.python_code import literal
from bezoar.evaluate.pipelines.python_data import paths_in
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import Items, Table, Value

# What is a command, a callable or an image names no data by itself.
_NO_DATA: Final = frozenset(
    {"command", "arguments", "args", "cmds", "entrypoint", "bash_command", "image", "image_uri"}
    | {"worker_pool_specs", "python_callable", "op_kwargs", "op_args", "code", "entry_point"}
    | {"source_dir", "container_uri", "env_vars", "env", "environment"}
)
# Models, logs and the like: no data that a later step would train on.
_LEFT: Final = re.compile(
    r"output_path|outputs|base_output\w*|staging\w*|tensorboard\w*|\w*checkpoint\w*|\w*logs?_?\w*"
    r"|model_\w+|temp\w*|OutputDataConfig|S3OutputPath|CheckpointConfig|code_location",
    re.IGNORECASE,
)
_WRITTEN: Final = re.compile(
    r"(?:\w+_)?(?:output|out|dest|destination|target|sink)(?:_(?:path|uri|url|dir|file|key|folder"
    r"|directory|prefix|bucket|table|dataset|s3_?uri|gcs_?uri|\w*data))?",
    re.IGNORECASE,
)
_DEEPEST: Final = 6
_MOST: Final = 64


def named_in(given: Given) -> tuple[list[Value], list[str]]:
    """Return the arguments that may name what is read, and the paths that are written."""
    reads: list[Value] = list(given.positional)
    writes: list[str] = []
    for key, value in given.named.items():
        if key in _NO_DATA or _LEFT.fullmatch(key):
            continue
        if _WRITTEN.fullmatch(key):
            writes += paths_in(value, known=True)
        else:
            reads += _read(value, _DEEPEST)
    return reads, writes


def _read(value: Value, deep: int) -> Iterator[Value]:
    """Yield what a value holds, less what its own keys say is written."""
    if not deep or not isinstance(value, Table | Items):
        yield value
    elif isinstance(value, Items):
        for one in value.items[:_MOST]:
            yield from _read(one, deep - 1)
    else:
        for key, one in value.pairs[:_MOST]:
            name = literal(key)
            if name not in _NO_DATA and not (_LEFT.fullmatch(name) or _WRITTEN.fullmatch(name)):
                yield from _read(one, deep - 1)
