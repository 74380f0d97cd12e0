"""Laws of `Manifest`, of its difference, and of the file that it is stored in."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.core.manifest import Entry, Manifest
from bezoar.core.manifest_diff import ManifestDiff, diff
from bezoar.datasets.manifest import manifest_path, read_manifest, write_manifest

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
# Few values each, so that renamed, relabelled and changed samples are common.
ENTRY = st.builds(
    Entry,
    path=st.sampled_from("abcdef") | TEXT,
    size=st.integers(0, 2),
    sha256=st.sampled_from([bytes([number]) * 32 for number in range(3)]),
    label=st.sampled_from([None, "", "go", "stop"]) | TEXT,
)
ENTRIES = st.lists(ENTRY, max_size=8, unique_by=lambda entry: entry.path)
MANIFEST = ENTRIES.map(Manifest.of)


@given(ENTRIES, st.randoms())
def test_order_never_matters(entries, order):
    shuffled = list(entries)
    order.shuffle(shuffled)
    assert Manifest.of(entries) == Manifest.of(shuffled)
    assert Manifest.of(entries).root == Manifest.of(shuffled).root


@given(MANIFEST, MANIFEST)
def test_roots_are_equal_exactly_where_nothing_differs(one, other):
    assert (one.root == other.root) == (one == other) == (not diff(one, other))


@given(ENTRIES.filter(bool), ENTRY, st.data())
def test_one_changed_field_gives_another_root(entries, other, data):
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(Entry._fields))
    old = entries[place]
    new = old._replace(**{field: getattr(other, field)})
    rest = entries[:place] + entries[place + 1 :]
    if new != old and new.path not in [entry.path for entry in rest]:
        assert Manifest.of([*rest, new]).root != Manifest.of(entries).root


@given(MANIFEST)
def test_nothing_differs_from_itself(manifest):
    assert diff(manifest, manifest) == ManifestDiff()
    assert not diff(manifest, manifest)


@given(MANIFEST, MANIFEST)
def test_difference_mirrors(one, other):
    assert diff(other, one) == diff(one, other).mirrored()
    assert diff(one, other).mirrored().mirrored() == diff(one, other)


@given(MANIFEST, MANIFEST)
def test_difference_accounts_for_each_sample_once(old, new):
    found = diff(old, new)
    pairs = {*found.changed, *found.relabelled, *found.renamed}
    same = set(old.entries) & set(new.entries)
    assert {*found.removed, *(before for before, _ in pairs), *same} == set(old.entries)
    assert {*found.added, *(after for _, after in pairs), *same} == set(new.entries)
    assert len(found.removed) + len(pairs) + len(same) == len(old)
    assert len(found.added) + len(pairs) + len(same) == len(new)


@given(MANIFEST, MANIFEST)
def test_each_list_holds_what_its_name_says(old, new):
    found = diff(old, new)
    for one, other in found.changed:
        assert one.path == other.path
        assert (one.sha256, one.size) != (other.sha256, other.size)
    for one, other in found.relabelled:
        assert one.label != other.label
        assert one.path == other.path or one.sha256 == other.sha256
    for one, other in found.renamed:
        assert one.path != other.path
        assert one._replace(path="") == other._replace(path="")


@given(MANIFEST)
@settings(max_examples=40)
def test_stored_and_read_it_is_the_same(manifest):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digest = write_manifest(manifest, folder)
        assert write_manifest(manifest, folder) == digest
        path = manifest_path(folder, digest)
        assert list(folder.iterdir()) == [path]
        assert read_manifest(path, digest, manifest.root) == manifest
        assert read_manifest(path, None) == manifest
