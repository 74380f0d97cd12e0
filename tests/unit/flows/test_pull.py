"""`bezoar.pull`: a path, or an error that says what mends it."""

import pytest
from dataset_layouts import four_files, png, write_files

import bezoar
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.project import Project
from bezoar.recon.registering import Facts, draft_dataset, register_dataset, set_facts

FACTS = Facts("signs", "1.0", ("https://example.org/signs",))


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return Project(tmp_path)


@pytest.fixture
def signs(project):
    folder = write_files(project.root / "data" / "signs", four_files())
    register_dataset(folder, FACTS, Dbom(project))
    return folder


def test_a_verified_copy_is_a_path(project, signs):
    assert bezoar.pull("signs") == signs == bezoar.pull("signs@1.0", project=project)


def test_files_as_they_are(project):
    folder = write_files(project.root, {"a.csv": b"x\n1\n"})
    register_dataset(folder / "a.csv", FACTS, Dbom(project), files=True)
    assert bezoar.pull("signs").read_bytes() == b"x\n1\n"


def test_a_fresh_clone_has_no_manifest_and_needs_none(project, signs):
    for path in Dbom(project).manifests.iterdir():
        path.unlink()
    assert bezoar.pull("signs") == signs


@pytest.mark.parametrize("change", [{"go/0.png": png(9)}, {"go/9.png": png(9)}])
def test_one_byte_that_differs_is_an_error(signs, change):
    write_files(signs, change)
    with pytest.raises(BezoarError, match="is not what was registered") as raised:
        bezoar.pull("signs")
    assert raised.value.next == "bezoar verify signs@1.0"
    assert raised.value.__notes__ == ["try: bezoar verify signs@1.0"]


def test_a_sample_that_is_gone(signs):
    (signs / "go" / "0.png").unlink()
    with pytest.raises(BezoarError, match=r"1 differences.*go/0\.png"):
        bezoar.pull("signs")


def test_data_that_is_not_here(signs):
    signs.rename(signs.with_name("elsewhere"))
    with pytest.raises(BezoarError, match="is not here") as raised:
        bezoar.pull("signs")
    assert "bezoar verify signs@1.0" in raised.value.next


def test_a_draft_has_no_bytes(project):
    draft_dataset(FACTS, Dbom(project))
    with pytest.raises(UsageError, match="nobody has registered its bytes") as raised:
        bezoar.pull("signs")
    assert raised.value.next.startswith("bezoar dbom add ")


@pytest.mark.usefixtures("signs")
def test_what_is_withdrawn_is_refused(project):
    dbom = Dbom(project)
    set_facts(dbom.find("signs"), Facts("signs", "1.0"), dbom, status="revoked", reason="poisoned")
    with pytest.raises(BezoarError, match=r"signs@1\.0 is revoked: poisoned"):
        bezoar.pull("signs")


@pytest.mark.usefixtures("project")
def test_a_name_that_nobody_knows():
    with pytest.raises(UsageError, match="knows no signs"):
        bezoar.pull("signs")
