"""`vet` as a journey: from quarantine to a verdict and a record, with nothing parsed outside."""

import json
import sys

import numpy as np
import pytest
from pickle_corpus import HOSTILE
from vet_corpus import picture

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.outcome import Status
from bezoar.core.policy import Decision
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import Status as EntryStatus
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.flows import vet_reading
from bezoar.flows.vet import vet
from bezoar.fortify.vetting.record import read_vet_record
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.registering import Facts, register_dataset, set_facts


@pytest.fixture
def project(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    return Project(tmp_path)


def signs(classes=("stop", "yield"), each=3):
    """Return files of class folders."""
    return {
        f"{name}/{i}.png": picture("PNG", (16, 16), 10 * c + i)
        for c, name in enumerate(classes)
        for i in range(each)
    }


def register(project, files, *, pinned=True):
    """Register a folder of files, each as it is or as images."""
    for name, data in files.items():
        path = project.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    facts = Facts("signs", "1", ("https://example.org/signs",))
    return register_dataset(project.root / "data", facts, Dbom(project), files=pinned)


def outcome_of(vetted, code):
    (outcome,) = [one for one in vetted.outcomes if one.rule.code == code]
    return outcome


def test_a_clean_set_is_admitted_and_recorded(project):
    register(project, signs(), pinned=False)
    vetted = vet("signs", project, inspect=False)
    assert vetted.verdict.decision is Decision.ADMIT
    record = read_vet_record(vetted.path)
    assert record == vetted.record
    assert (record.checked_files, record.fetched) == (6, None)
    assert record.isolation.level == vetted.isolation.level
    files = Digest.parse(record.files)
    manifest = read_manifest(manifest_path(Dbom(project).manifests, files), files)
    assert [entry.label for entry in manifest.entries] == [None] * 6
    assert outcome_of(vetted, "BZ501").status is Status.SKIPPED


def test_an_event_says_what_was_decided(project):
    register(project, signs(), pinned=False)
    vetted = vet("signs", project, inspect=False)
    with open_ledger(project) as ledger:
        (event,) = [one for one in ledger.events() if one.kind == "dataset.vetted"]
    assert event.subject == str(vetted.entry.root)
    assert event.detail["dataset"] == "signs@1"
    assert event.detail["record"] == str(vetted.record.digest)


def test_a_pickle_is_rejected_and_the_entry_quarantined(project):
    register(project, signs() | {"stop/x.png": HOSTILE["reduce"]})
    vetted = vet("signs", project, inspect=False)
    assert vetted.verdict.decision is Decision.REJECT
    assert vetted.record.deciding() == ("BZ311",)
    assert vetted.entry.status is EntryStatus.QUARANTINED
    assert "BZ311" in vetted.entry.reason
    assert Dbom(project).find("signs") == vetted.entry


def test_what_vetting_quarantined_and_is_admitted_waits_for_a_signature(project):
    register(project, signs(), pinned=False)
    dbom, facts = Dbom(project), Facts("signs", "1")
    reason = "vetted: quarantine: BZ311"
    set_facts(dbom.find("signs"), facts, dbom, status="quarantined", reason=reason)
    assert vet("signs", project, inspect=False).entry.status is EntryStatus.DRAFT


@pytest.mark.parametrize("extra", [{}, {"stop/x.png": HOSTILE["reduce"]}])
def test_what_a_person_quarantined_stays_so_for_their_reason(project, extra):
    register(project, signs() | extra)
    dbom, facts = Dbom(project), Facts("signs", "1")
    set_facts(dbom.find("signs"), facts, dbom, status="quarantined", reason="a complaint")
    entry = vet("signs", project, inspect=False).entry
    assert (entry.status, entry.reason) == (EntryStatus.QUARANTINED, "a complaint")


def test_the_same_picture_under_two_labels_is_told(project):
    same = picture("PNG", (16, 16), 99)
    register(project, signs() | {"stop/s.png": same, "yield/s.png": same}, pinned=False)
    vetted = vet("signs", project, inspect=False)
    assert vetted.verdict.decision is Decision.QUARANTINE
    assert outcome_of(vetted, "BZ334").status is Status.FOUND


def test_other_bytes_than_were_registered_are_an_error(project):
    register(project, signs(), pinned=False)
    (project.root / "data/stop/0.png").write_bytes(picture("PNG", (16, 16), 77))
    with pytest.raises(BezoarError, match="not what was registered") as error:
        vet("signs", project, inspect=False)
    assert error.value.next == "bezoar verify signs@1"


def test_revoked_and_approved_data_is_not_vetted_by_the_way(project):
    register(project, signs(), pinned=False)
    dbom = Dbom(project)
    set_facts(dbom.find("signs"), Facts("signs", "1"), dbom, status="revoked", reason="bad")
    with pytest.raises(UsageError, match="revoked"):
        vet("signs", project)


def test_a_draft_without_bytes_says_what_to_type(project):
    from bezoar.recon.registering import draft_dataset  # noqa: PLC0415 - its one use

    draft_dataset(Facts("later", "1", ("https://example.org/x",)), Dbom(project))
    with pytest.raises(UsageError) as error:
        vet("later", project)
    assert error.value.next.startswith("bezoar fetch")


def test_data_that_is_gone_is_an_error(project):
    import shutil  # noqa: PLC0415 - its one use

    register(project, signs(), pinned=False)
    shutil.rmtree(project.root / "data")
    with pytest.raises(BezoarError, match="is not here"):
        vet("signs", project)


def test_too_little_isolation_decides_nothing(project, monkeypatch):
    register(project, signs(), pinned=False)
    from bezoar.sandbox import isolation  # noqa: PLC0415 - its one use

    monkeypatch.setattr(isolation.Isolation, "level", property(lambda _self: 1))
    vetted = vet("signs", project, inspect=False)
    assert vetted.verdict.decision is Decision.UNDECIDED
    assert outcome_of(vetted, "BZ333").status is Status.FAILED
    assert vetted.record is None or not vetted.record.admits


def test_a_program_of_the_team_counts(project):
    failure = "<testsuite><testcase><failure message='too few'/></testcase></testsuite>"
    command = json.dumps([sys.executable, "-c", f'print("{failure}")'])
    table = f'[vet.programs.counter]\ncommand = {command}\noutput = "junit"\n'
    (project.root / "bezoar.toml").write_text(table)
    register(project, signs(), pinned=False)
    vetted = vet("signs", Project(project.root), inspect=False)
    (finding,) = outcome_of(vetted, "BZ331").findings
    assert finding.title == "Program counter"
    assert vetted.verdict.decision is Decision.QUARANTINE


def test_a_set_in_one_file_is_decoded_in_the_sandbox(project):
    images = np.random.default_rng(0).integers(0, 255, (8, 8, 8, 3), np.uint8)
    np.savez(project.root / "x.npz", x_train=images, y_train=np.arange(8) % 2)
    facts = Facts("arrays", "1", ("https://example.org/x",))
    register_dataset(project.root / "x.npz", facts, Dbom(project))
    vetted = vet("arrays", project, inspect=False)
    assert vetted.verdict.decision is Decision.ADMIT, vetted.verdict
    assert outcome_of(vetted, "BZ201").passed
    assert vetted.record.checked_files == 1


def test_what_the_sandbox_says_is_checked():
    honest = {"code": "BZ201", "status": "passed", "reason": "", "findings": []}
    assert vet_reading._outcome(honest).passed
    for lie in ({"code": "BZ999"}, {"status": "fine"}, {"findings": [1]}, {"findings": None}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            vet_reading._outcome(honest | lie)
    for row in (
        ["a", 1, "00" * 32],
        ["", 1, "00" * 32, "x"],
        ["a", -1, "00" * 32, "x"],
        ["a", 1, "00", "x"],
        ["a", 1, "00" * 32, 3],
        "abcd",
        [1, 1, "00" * 32, None],
    ):
        with pytest.raises((ValueError, TypeError)):
            vet_reading._entry(row)
