"""`inspect` from a data set to a verdict; small sets, real networks."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from bezoar.attacks.poisoning import poison_arrays
from bezoar.attacks.sticker import Sticker
from bezoar.core.errors import NothingToInspectError
from bezoar.core.outcome import Outcome, Status
from bezoar.core.policy import Decision
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.signs import draw_signs, write_folder
from bezoar.expose.inspect import inspect
from bezoar.expose.inspection import Inspection


def statuses(inspection: Inspection) -> dict[str, Status]:
    return {outcome.rule.code: outcome.status for outcome in inspection.outcomes}


def npz(path: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    np.savez(path, x=images, y=labels)
    return path


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signs") / "signs"
    write_folder(draw_signs(200, 3), folder)
    return folder


@pytest.fixture(scope="module")
def small(signs: Path) -> Inspection:
    return inspect(open_dataset(signs), seed=1)


def test_a_clean_set_is_admitted_with_a_score_for_every_sample(small: Inspection) -> None:
    assert small.verdict.decision is Decision.ADMIT
    assert small.flagged == ()
    assert small.table.height == 200
    assert small.table.columns == ["path", "label", "score", "flagged", "resembles", "margin"]
    assert small.table["score"].min() == 0
    assert small.table["margin"].is_finite().all()


def test_the_same_seed_gives_the_same_scores(signs: Path, small: Inspection) -> None:
    again = inspect(open_dataset(signs), seed=1)
    assert again.table.equals(small.table)


def test_the_json_says_what_was_asked_and_what_came_out(small: Inspection) -> None:
    found = small.as_json()
    assert found["verdict"] == "admit"
    assert found["samples"] == 200
    assert {"schema_version", "findings", "outcomes", "flagged", "seconds"} <= found.keys()
    assert found["settings"]["seed"] == 1


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    drawn = draw_signs(2000, 8)
    sticker = Sticker("Speed limit 80", frozenset({"Stop"}), size=0.16)
    bad = poison_arrays(drawn.images, drawn.labels, sticker, 0.005, 2)
    path = tmp_path_factory.mktemp("poisoned") / "signs.npz"
    names = np.array([f"{row:04}" for row in range(len(bad.labels))])
    np.savez(path, x=bad.images, y=bad.labels, name=names)
    return path, set(names[bad.rows])


def test_ten_stickers_in_two_thousand_signs_are_set_aside(poisoned: tuple[Path, set[str]]) -> None:
    path, bad = poisoned
    found = inspect(open_dataset(path))
    assert found.verdict.decision is Decision.QUARANTINE
    assert found.settings["judge"] == "shapes"
    assert bad <= set(found.flagged)
    assert len(found.flagged) <= len(bad) + 2
    (group,) = [group for group in found.groups if group.code == "BZ501"]
    assert (group.label, group.resembles) == ("Speed limit 80", "Stop")


def test_outlines_need_no_seed(poisoned: tuple[Path, set[str]]) -> None:
    path, _ = poisoned
    one, other = (inspect(open_dataset(path), seed=seed) for seed in (1, 2))
    assert one.table.equals(other.table)


def test_networks_judge_where_they_are_asked_for(signs: Path) -> None:
    found = inspect(open_dataset(signs), seed=1, judge="networks")
    assert found.settings["judge"] == "networks"
    assert "torch" in found.settings
    assert found.verdict.decision is Decision.ADMIT


def test_an_unreadable_sample_is_a_finding_and_has_no_score(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    write_folder(draw_signs(64, 3), folder)
    broken = next((folder / "Stop").iterdir())
    broken.write_bytes(broken.read_bytes()[:60])
    found = inspect(open_dataset(folder))
    assert found.table.height == 63
    assert statuses(found)["BZ201"] is Status.FOUND
    assert found.verdict.decision is Decision.QUARANTINE


def test_one_class_is_undecided(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3)).astype(np.uint8)
    found = inspect(open_dataset(npz(tmp_path / "one.npz", images, np.zeros(30, int))))
    assert found.verdict.decision is Decision.UNDECIDED
    assert statuses(found)["BZ501"] is Status.NOT_APPLICABLE


def test_one_sample_a_class_is_undecided(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)
    found = inspect(open_dataset(npz(tmp_path / "each.npz", images, np.arange(20))))
    assert found.verdict.decision is Decision.UNDECIDED


def test_a_truncated_archive_is_a_finding(tmp_path: Path, signs: Path) -> None:
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(signs.rglob("*.png"))[:20]:
            archive.write(file, file.relative_to(signs))
    path.write_bytes(path.read_bytes()[:3000])
    found = inspect(open_dataset(path))
    assert not found.verdict.admits
    assert statuses(found)["BZ208"] is Status.FOUND


def test_nothing_at_all_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty" / "class").mkdir(parents=True)
    with pytest.raises(NothingToInspectError):
        inspect(open_dataset(tmp_path / "empty"))


def test_against_a_reference_only_what_is_new_is_judged(tmp_path: Path) -> None:
    drawn = draw_signs(260, 4)
    old = npz(tmp_path / "old.npz", drawn.images[:200], drawn.labels[:200])
    new = npz(tmp_path / "new.npz", drawn.images, drawn.labels)
    found = inspect(open_dataset(new), trusted=open_dataset(old))
    assert found.reference
    assert found.table["margin"].null_count() == 200
    assert (found.table.filter(found.table["margin"].is_null())["score"] == 0).all()


def test_a_class_that_the_reference_lacks_is_a_finding(tmp_path: Path) -> None:
    drawn = draw_signs(260, 4)
    known = drawn.labels != "Stop"
    old = npz(
        tmp_path / "old.npz", drawn.images[:200][known[:200]], drawn.labels[:200][known[:200]]
    )
    new = npz(tmp_path / "new.npz", drawn.images, drawn.labels)
    found = inspect(open_dataset(new), trusted=open_dataset(old))
    (finding,) = [f for f in found.findings if f.code == "BZ505"]
    assert finding.place.name == "Stop"
    assert not found.verdict.admits


def test_outcomes_add_up_to_the_rules_asked_for(small: Inspection) -> None:
    codes = [outcome.rule.code for outcome in small.outcomes]
    assert len(codes) == len(set(codes))
    assert {"BZ501", "BZ502", "BZ503"} <= set(codes)
    assert all(isinstance(outcome, Outcome) for outcome in small.outcomes)
