import pytest
from dataset_layouts import four_files, png, write_files, write_zip

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.outcome import Status
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.manifest import manifest_path
from bezoar.datasets.opening import open_dataset
from bezoar.project import Project
from bezoar.recon.registered import verify_entry
from bezoar.recon.registering import Facts, register_dataset

FACTS = Facts("signs", "1.0", ("https://example.org/signs",), licence="CC0-1.0")


@pytest.fixture
def dbom(tmp_path):
    return Dbom(Project(tmp_path))


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path / "d", four_files())


@pytest.fixture
def entry(dbom, root):
    return register_dataset(root, FACTS, dbom).entry


@pytest.fixture
def stored(dbom, entry):
    return manifest_path(dbom.manifests, entry.manifest)


def verified(dbom, entry, root):
    result = verify_entry(entry, dbom.manifests, open_dataset(root))
    found = [(f.code, f.severity) for o in result.outcomes for f in o.findings]
    return result, found


def test_registered(dbom, entry, root):
    assert dbom.find("signs") == entry
    assert (entry.status, entry.content.location) == ("draft", "d")
    assert entry.origin.licence == "CC0-1.0"
    result, found = verified(dbom, entry, root)
    assert result.intact
    assert (result.samples, result.root, found) == (4, entry.root, [])


def test_changed_sample(dbom, entry, root):
    write_files(root, {"go/0.png": png(99)})
    result, found = verified(dbom, entry, root)
    assert not result.intact
    assert found == [("BZ151", Severity.HIGH)]
    assert len(result.difference.changed) == 1


@pytest.mark.parametrize("damage", [b"", b"hello", None])
def test_damaged_manifest(dbom, entry, root, stored, damage):
    stored.write_bytes(damage if damage is not None else stored.read_bytes() + b"x")
    result, found = verified(dbom, entry, root)
    assert found == [("BZ156", Severity.HIGH)]
    assert result.intact
    assert result.difference is None


def test_absent_manifest_of_intact_data_is_made_anew(dbom, entry, root, stored):
    before = stored.read_bytes()
    stored.unlink()
    assert verified(dbom, entry, root)[1] == [("BZ156", Severity.INFO)]
    assert stored.read_bytes() == before
    assert verified(dbom, entry, root)[1] == []


def test_absent_manifest_that_another_library_would_write_otherwise(
    dbom, entry, root, stored, monkeypatch
):
    stored.unlink()
    monkeypatch.setattr("bezoar.datasets.manifest._as_parquet", lambda _manifest: b"other")
    assert verified(dbom, entry, root)[1] == [("BZ156", Severity.LOW)]
    assert not stored.exists()


def test_absent_manifest_of_changed_data(dbom, entry, root, stored):
    stored.unlink()
    write_files(root, {"go/0.png": png(99)})
    result, found = verified(dbom, entry, root)
    assert found == [("BZ156", Severity.HIGH)]
    assert not result.intact
    assert not stored.exists()
    assert [o.status for o in result.outcomes[:5]] == [Status.FAILED] * 5


def test_absent_manifest_and_an_unreadable_sample(dbom, tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    entry = register_dataset(path, FACTS, dbom).entry
    manifest_path(dbom.manifests, entry.manifest).unlink()
    data = bytearray(path.read_bytes())
    data[data.index(b"go/0.png") + 30] ^= 0xFF
    path.write_bytes(data)
    result, found = verified(dbom, entry, path)
    assert found == [("BZ156", Severity.HIGH)]
    assert not result.intact


@pytest.mark.parametrize("absent", [True, False])
def test_extra_sample_that_cannot_be_read(dbom, entry, root, stored, absent):
    if absent:
        stored.unlink()
    write_files(root, {"stop/x.png": b"x"})
    dataset = open_dataset(root)
    (root / "stop/x.png").unlink()
    result = verify_entry(entry, dbom.manifests, dataset)
    assert not result.intact
    assert [f.code for o in result.outcomes for f in o.findings] == ["BZ156" if absent else "BZ154"]


def test_entry_with_another_root_than_its_manifest(dbom, entry, root):
    content = entry.content.model_copy(update={"root": "merkle-sha256-v1:" + 32 * "00"})
    forged = entry.model_copy(update={"content": content})
    result, found = verified(dbom, forged, root)
    assert found == [("BZ156", Severity.HIGH)]
    assert not result.intact


def test_data_with_grave_findings_is_quarantined(dbom, root):
    write_files(root, {"labels.csv": b"path,label\ngo/0.png,stop\ngo/1.png,go\n"})
    result = register_dataset(root, FACTS, dbom)
    assert result.entry.status == "quarantined"
    assert "BZ205" in result.entry.reason
    assert {f.code for f in result.findings} == {"BZ205", "BZ206"}


def test_data_with_mild_findings_is_a_draft(dbom, root):
    write_files(root, {"go/notes.txt": b"?"})
    result = register_dataset(root, FACTS, dbom)
    assert result.entry.status == "draft"
    assert [f.code for f in result.findings] == ["BZ209"]


def test_data_with_an_unreadable_sample_is_not_added(dbom, tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    data = bytearray(path.read_bytes())
    data[data.index(b"go/0.png") + 30] ^= 0xFF
    path.write_bytes(data)
    result = register_dataset(path, FACTS, dbom)
    assert result.entry is None
    assert [f.code for f in result.findings] == ["BZ201"]
    assert dbom.entries() == []
    assert not dbom.manifests.exists()


def test_refused_before_any_work(dbom, root, entry):
    with pytest.raises(UsageError, match="already"):
        register_dataset(root / "nowhere", FACTS, dbom)
    with pytest.raises(UsageError, match="not a name"):
        register_dataset(root, Facts("A", "1", ("x",)), dbom)
    (root.parent / "empty").mkdir()
    with pytest.raises(NothingToInspectError):
        register_dataset(root.parent / "empty", Facts("b", "1", ("x",)), dbom)
    assert dbom.entries() == [entry]
