from pathlib import Path

import polars as pl
import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.clean import clean
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.opening import open_dataset
from bezoar.ledger import open_ledger
from bezoar.project import find_project


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "signs", four_files())


def scores(**changes):
    """Write scores of the four files, one flagged."""
    dataset = open_dataset(Path("signs"))
    columns = {
        "path": [sample.id for sample in dataset],
        "label": [sample.label for sample in dataset],
        "flagged": [False, True, False, False],
    }
    pl.DataFrame(columns | changes).write_parquet("scores.parquet")
    return Path("scores.parquet")


def test_the_flagged_are_left_out(capsys):
    clean("signs", scores(), Path("out"))
    assert [sample.id for sample in open_dataset(Path("out"))] == [
        "go/0.png",
        "stop/0.png",
        "stop/1.png",
    ]
    told = capsys.readouterr()
    assert "3 samples written to out; flagged and dropped: 1" in told.err
    assert "bezoar inspect out" in told.err
    assert told.out == ""


def test_it_is_an_event():
    clean("signs", scores(), Path("out"))
    with open_ledger(find_project()) as ledger:
        (event,) = ledger.events()
    assert (event.kind, event.subject) == ("dataset.cleaned", "signs")
    assert event.detail == {"written": 3, "dropped": 1, "unreadable": 0}


def test_what_cannot_be_read_has_no_score_and_is_counted(capsys):
    write_files(Path("signs"), {"stop/2.png": png(9)[:40]})
    rows = [sample for sample in open_dataset(Path("signs")) if sample.id != "stop/2.png"]
    path = scores(path=[one.id for one in rows], label=[one.label for one in rows],
                  flagged=[False] * 4)  # fmt: skip
    clean("signs", path, Path("out"))
    assert len(open_dataset(Path("out"))) == 4
    assert "could not be read and are left out: 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes",
    [
        {"path": ["go/0.png", "go/1.png", "stop/0.png", "../x"]},
        {"label": ["go", "go", "stop", "go"]},
        {"flagged": [None, True, False, False]},
        {"path": ["go/0.png", "go/0.png", "stop/0.png", "stop/1.png"]},
        {"path": [1, 2, 3, 4]},
        {"flagged": [0.5, 0.5, 0.5, 0.5]},
    ],
)
def test_scores_of_other_data_are_refused(changes):
    with pytest.raises(UsageError) as raised:
        clean("signs", scores(**changes), Path("out"))
    assert "bezoar inspect" in raised.value.next
    assert not Path("out").exists()


def test_a_sample_without_a_score_is_no_match():
    path = scores()
    write_files(Path("signs"), {"stop/2.png": png(9)})
    with pytest.raises(UsageError, match=r"stop/2\.png has no score"):
        clean("signs", path, Path("out"))


def test_a_score_without_a_sample_is_no_match():
    path = scores()
    Path("signs/go/0.png").unlink()
    with pytest.raises(UsageError, match=r"1 of its 4 samples are not there, as go/0\.png"):
        clean("signs", path, Path("out"))


@pytest.mark.parametrize("content", [None, b"", b"PAR1 rubbish PAR1", b"\0" * 999])
def test_what_holds_no_scores_is_refused(content):
    if content is not None:
        Path("scores.parquet").write_bytes(content)
    with pytest.raises(UsageError, match=r"scores\.parquet"):
        clean("signs", Path("scores.parquet"), Path("out"))


def test_another_table_is_refused():
    pl.DataFrame({"path": ["go/0.png"]}).write_parquet("scores.parquet")
    with pytest.raises(UsageError, match="holds no scores"):
        clean("signs", Path("scores.parquet"), Path("out"))


def test_nothing_is_overwritten():
    write_files(Path("out"), {"mine": b"mine"})
    with pytest.raises(UsageError, match="there already"):
        clean("signs", scores(), Path("out"))
    assert Path("out/mine").read_bytes() == b"mine"


def test_a_set_that_is_flagged_whole_leaves_nothing_to_write():
    with pytest.raises(BezoarError, match="nothing is left"):
        clean("signs", scores(flagged=[True] * 4), Path("out"))
    assert not Path("out").exists()
