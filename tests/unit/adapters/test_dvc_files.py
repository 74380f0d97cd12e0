import hashlib
import json
from functools import partial

import pytest
from dataset_layouts import write_files
from hypothesis import given
from hypothesis import strategies as st

from bezoar.adapters.dvc import file_text, md5_of, read_outputs

md5 = partial(hashlib.md5, usedforsecurity=False)


def test_a_folder_is_named_by_the_list_of_its_files(tmp_path):
    files = {"b/x": b"1", "a.txt": b"22", "b-c": b"", ".hidden": b"h", ".git/x": b"", ".dvc/y": b""}
    write_files(tmp_path, files)
    names = [".hidden", "a.txt", "b-c", "b/x"]
    rows = [{"md5": md5(files[name]).hexdigest(), "relpath": name} for name in names]
    expected = md5(json.dumps(rows).encode()).hexdigest()
    assert md5_of(tmp_path) == (f"{expected}.dir", 4, 4)


def test_what_dvc_itself_computed(tmp_path):
    """Written by `dvc add` of DVC 3.67.1: a file `f.txt` with `a`, a folder with `x` with `b`."""
    write_files(tmp_path, {"f.txt": b"a\n", "d/x": b"b\n"})
    assert md5_of(tmp_path / "f.txt") == ("60b725f10c9c85c70d97880dfe8191b3", 2, None)
    assert md5_of(tmp_path / "d") == ("933e6ce221dbc3f72912fceefa4e4deb.dir", 2, 1)


@pytest.mark.parametrize("target", ["/etc/passwd", "nowhere", "."])
def test_links_are_refused(tmp_path, target):
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ValueError, match="link"):
        md5_of(tmp_path)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    path=texts,
    size=st.integers(0, 2**63),
    value=st.binary(min_size=16, max_size=16).map(bytes.hex),
    files=st.none() | st.integers(0, 2**31),
    reference=st.dictionaries(texts, texts, max_size=3),
)
def test_what_is_written_is_read(path, size, value, files, reference):
    folder = files is not None
    text = file_text(path, size, f"{value}.dir" if folder else value, files, reference)
    (out,) = read_outputs(text)
    assert (out.path, out.size, out.wdir) == (path, size, ".")
    assert out.digest == f"{'dvc-dir-md5' if folder else 'md5'}:{value}"
    assert out.meta == {"dbom": reference}
