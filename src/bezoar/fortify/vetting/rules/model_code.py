"""BZ323: a model that holds code, in a format that was meant for weights."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ323",
    name="model-code",
    title="Model that holds code",
    severity=Severity.CRITICAL,
    why="A Lambda layer of Keras is marshalled bytecode, and some TensorFlow operations read and"
    " write files or call Python. Loading the model runs them.",
    taxonomy=("ATLAS:AML.T0011.000", "ATLAS:AML.T0018"),
)

_LAMBDA: Final = re.compile(
    rb"\\?\"class_name\\?\"\s*:\s*\\?\"(?:Lambda|__lambda__)\\?\"|\\?\"__lambda__\\?\""
)
_MODULE: Final = re.compile(rb"\"module\"\s*:\s*\"([\w.]{1,200})\"")
_KERAS_MODULES: Final = re.compile(
    rb"(?:keras|keras_hub|keras_cv|keras_nlp|tf_keras)(?:\.|\Z)|builtins\Z"
)
_OPERATIONS: Final = re.compile(
    rb"\b(PyFunc|EagerPyFunc|PyFuncStateless|ReadFile|WriteFile|MergeV2Checkpoints|Save|SaveV2)\b"
)
_RUNS: Final = frozenset({b"PyFunc", b"EagerPyFunc", b"PyFuncStateless", b"ReadFile", b"WriteFile"})


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what a model runs when it is loaded."""
    name = specimen.name.rpartition("/")[2].rpartition("!")[2]
    if specimen.kind == "hdf5":
        yield from _lambda(specimen)
    elif name == "config.json" and b'"class_name"' in specimen.head:
        yield from _lambda(specimen)
        yield from _foreign(specimen)
    elif name.endswith("saved_model.pb"):
        yield from _graph(specimen)


def _lambda(specimen: Specimen) -> Iterator[Seen]:
    if any(_LAMBDA.search(window) for _, window in specimen.windows()):
        yield Seen("a Keras model with a Lambda layer: marshalled Python bytecode")


def _foreign(specimen: Specimen) -> Iterator[Seen]:
    modules = {match[1] for match in _MODULE.finditer(specimen.head)}
    strange = sorted(
        one.decode("ascii", "replace") for one in modules if not _KERAS_MODULES.match(one)
    )
    if strange:
        yield Seen(f"a Keras model that loads classes of {', '.join(strange[:5])}")


def _graph(specimen: Specimen) -> Iterator[Seen]:
    found: set[bytes] = set()
    for _, window in specimen.windows():
        found |= {match[1] for match in _OPERATIONS.finditer(window)} & _RUNS
    if found:
        names = ", ".join(sorted(one.decode() for one in found))
        yield Seen(f"a TensorFlow graph with {names}", Severity.HIGH)
