"""Laws of `Dataset` and of sample ids, for each reader."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from dataset_layouts import png, write_files, write_npz, write_parquet, write_tar, write_zip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bezoar.datasets.opening import open_dataset

NAME = st.text("abcXYZ019_-é ", min_size=1, max_size=6).map(lambda name: f"n{name}.png")
CLASS = st.sampled_from(["go", "stop", "Höchst 80"])
FILES = st.dictionaries(st.tuples(CLASS, NAME), st.integers(0, 3), min_size=1, max_size=8)
PNGS = [png(number) for number in range(4)]


def paths(rows):
    return {f"{label}/{name}": PNGS[number] for (label, name), number in rows.items()}


def as_table(rows):
    head = [f"n/{label}-{name},{label}" for label, name in rows]
    files = {f"n/{label}-{name}": PNGS[number] for (label, name), number in rows.items()}
    return files | {"labels.csv": "\n".join(["path,label", *head]).encode()}


def as_arrays(path, rows):
    pixels = np.array([[[number] * 3] for number in rows.values()], dtype=np.uint8)
    names = [f"{label}/{name}" for label, name in rows]
    return write_npz(path, x=pixels[:, None], y=[label for label, _ in rows], name=names)


def as_parquet(path, rows):
    return write_parquet(
        path,
        [
            {"image": {"bytes": PNGS[number], "path": name}, "label": label}
            for (label, name), number in rows.items()
        ],
    )


WRITERS = {
    "folder": lambda root, rows: write_files(root / "d", paths(rows)),
    "table": lambda root, rows: write_files(root / "d", as_table(rows)),
    "zip": lambda root, rows: write_zip(root / "a.zip", paths(rows)),
    "tar": lambda root, rows: write_tar(root / "a.tar", paths(rows)),
    "tar.gz": lambda root, rows: write_tar(root / "a.tar.gz", paths(rows)),
    "npz": lambda root, rows: as_arrays(root / "a.npz", rows),
    "parquet": lambda root, rows: as_parquet(root / "a.parquet", rows),
}


def samples(dataset):
    return [(sample.id, sample.label, sample.fetch()) for sample in dataset]


def written(layout, rows):
    with tempfile.TemporaryDirectory() as folder:
        dataset = open_dataset(WRITERS[layout](Path(folder), rows))
        once, twice = samples(dataset), samples(dataset)
        batches = [sample.id for batch in dataset.batches(3) for sample in batch]
    assert len(dataset) == len(rows)
    assert once == twice
    assert batches == [name for name, _, _ in once] == sorted(dataset.ids)
    return once


@pytest.mark.parametrize("layout", WRITERS)
@given(rows=FILES, order=st.randoms())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_two_passes_are_equal_and_order_of_writing_never_matters(layout, rows, order):
    shuffled = list(rows.items())
    order.shuffle(shuffled)
    assert written(layout, rows) == written(layout, dict(shuffled))


ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(["", "a", "b", "../x", "c"])),
    min_size=1,
    max_size=7,
)


def row_samples(layout, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{layout}"
        if layout == "npz":
            pixels = np.array([[[[number] * 3]] for number, _, _ in rows], dtype=np.uint8)
            write_npz(path, x=pixels, y=[y for _, y, _ in rows], name=[n for _, _, n in rows])
        else:
            write_parquet(
                path,
                [
                    {"image": PNGS[number], "label": label, "path": name or None}
                    for number, label, name in rows
                ],
            )
        return samples(open_dataset(path))


@pytest.mark.parametrize("layout", ["npz", "parquet"])
@given(rows=ROWS, order=st.randoms())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_ids_do_not_depend_on_the_position(layout, rows, order):
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert row_samples(layout, rows) == row_samples(layout, shuffled)


@given(content=st.binary(max_size=300))
@settings(max_examples=60)
@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz", "npz", "parquet"])
def test_any_bytes_are_a_finding_or_nothing(suffix, content):
    from bezoar.core.errors import BezoarError  # noqa: PLC0415 - beside its only use

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{suffix}"
        path.write_bytes(content)
        try:
            dataset = open_dataset(path)
        except BezoarError as error:
            assert error.next  # noqa: PT017 - most bytes are no error
        else:
            assert dataset.problems or len(dataset)
        assert list(Path(folder).iterdir()) == [path]
