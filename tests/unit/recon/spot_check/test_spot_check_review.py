"""One review: the draw, resuming, several reviewers, changed samples, scores."""

from dataclasses import replace

import polars as pl
import pytest
from dataset_layouts import four_files, png, write_files
from review_scene import review, signs

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.event import Event
from bezoar.recon.spot_check.answers import Answer, AnswerBook, Opinion
from bezoar.recon.spot_check.drawing import Plan
from bezoar.recon.spot_check.kept import unfinished_seed
from bezoar.recon.spot_check.preview import Picture, Unshowable
from bezoar.recon.spot_check.record import (
    REVIEWED,
    in_short,
    last_review,
    last_reviews,
    review_detail,
)
from bezoar.recon.spot_check.sampling import Sampling
from bezoar.recon.spot_check.scores import read_scores

OK, BAD, UNSURE = (Answer(o) for o in (Opinion.OK, Opinion.ARTEFACT, Opinion.UNSURE))


def test_the_same_seed_draws_the_same_from_files_that_lie_elsewhere(tmp_path):
    names = dict(reversed(four_files().items()))
    one, other = review(tmp_path / "a"), review(tmp_path / "b", files=names)
    assert one.draw == other.draw
    assert len(one.draw.paths) == 3
    assert {review(tmp_path / "a", Plan(Sampling.UNIFORM, 3, s)).draw.paths for s in range(9)} > {
        one.draw.paths
    }


def test_a_sample_is_shown_from_the_bytes_that_were_hashed(tmp_path):
    one = review(tmp_path)
    path = one.draw.paths[0]
    assert isinstance(one.look(path), Picture)
    (tmp_path / "signs" / path).write_bytes(png(99))
    assert one.look(path) == Unshowable("it has changed since this review began")
    (tmp_path / "signs" / path).unlink()
    assert "cannot be read" in one.look(path).why


def test_peers_are_of_the_same_class_and_never_the_sample_itself(tmp_path):
    files = {f"{label}/{n}.png": png(n) for label in ("go", "stop") for n in range(12)}
    one = review(tmp_path, Plan(Sampling.UNIFORM, 24, 1), files)
    for path in one.draw.paths:
        near = one.peers(path)
        assert len(set(near)) == 6
        assert path not in near
        assert {peer.partition("/")[0] for peer in near} == {path.partition("/")[0]}


def scores_file(path, rows):
    names = ("path", "label", "score", "flagged")
    pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows]).write_parquet(path)
    return path


ROWS = [
    ("go/0.png", "go", 0.1, False),
    ("go/1.png", "go", 9.0, True),
    ("stop/0.png", "stop", 5.0, False),
]


def test_the_most_suspicious_come_first_and_what_was_not_examined_before_them(tmp_path):
    _, manifest = signs(tmp_path)
    suspicion = read_scores(scores_file(tmp_path / "s.parquet", ROWS), manifest, "again")
    one = review(tmp_path, Plan(Sampling.SUSPICIOUS, 4, 1, suspicion=suspicion))
    assert one.draw.paths == ("stop/1.png", "go/1.png", "stop/0.png", "go/0.png")
    assert one.peers("go/0.png") == ()
    assert one.peers("go/1.png") == ("go/0.png",)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([*ROWS, ROWS[0]], "twice"),
        ([("go/0.png", "stop", 0.1, False)], "not about this data"),
        ([("other.png", "go", 0.1, False)], "not about this data"),
    ],
)
def test_scores_of_other_data_are_refused(tmp_path, rows, why):
    _, manifest = signs(tmp_path)
    with pytest.raises(UsageError, match=why):
        read_scores(scores_file(tmp_path / "s.parquet", rows), manifest, "again")


def test_what_is_no_file_of_scores_is_refused(tmp_path):
    _, manifest = signs(tmp_path)
    (tmp_path / "s.parquet").write_bytes(b"PAR1 not")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t.parquet")
    for name, why in (("s", "no scores"), ("t", "no scores"), ("u", "does not exist")):
        with pytest.raises(UsageError, match=why):
            read_scores(tmp_path / f"{name}.parquet", manifest, "again")


def test_only_what_changed(tmp_path):
    _, before = signs(tmp_path)
    root = write_files(tmp_path / "signs", {"go/0.png": png(50), "go/new.png": png(51)})
    (root / "stop" / "0.png").rename(root / "go" / "moved.png")
    (root / "go" / "1.png").rename(root / "go" / "renamed.png")
    plan = Plan(Sampling.CHANGED, 9, 1, since=before)
    one = review(tmp_path, plan, {"go/0.png": png(50)})
    assert set(one.draw.paths) == {"go/0.png", "go/new.png", "go/moved.png"}
    assert one.draw.before == {
        "go/0.png": "Its bytes changed",
        "go/new.png": "New sample",
        "go/moved.png": "Its label was “stop”",
    }
    assert one.draw.population == 3


def test_a_review_goes_on_until_it_is_finished(tmp_path):
    one = review(tmp_path)
    one.save()
    plan = replace(one.plan, seed=-1)
    reviews = one.folder.parent

    def seed(who, **changed):
        return unfinished_seed(reviews, one.manifest, replace(plan, **changed), who)

    assert seed("ann") == seed("bob") == 1
    assert seed("ann", samples=4) is None
    assert seed("ann", sampling=Sampling.PER_CLASS) is None
    one.finish("ann")
    assert (seed("ann"), seed("bob")) == (None, 1)
    (one.folder / "draw.json").write_text("{")
    assert seed("bob") is None


def answered(one, who, said):
    with AnswerBook(one.book(who)) as book:
        for path, answer in zip(one.draw.paths, said, strict=False):
            book.answer(path, answer)
        return dict(book.answers)


def test_reviewers_have_their_own_answers_and_disagree_openly(tmp_path):
    one = review(tmp_path)
    anns = answered(one, "ann", [OK, BAD, OK])
    answered(one, "Bob/../x", [OK, OK, UNSURE])
    AnswerBook(one.book("only looked")).__exit__(None, None, None)
    assert list(one.others("ann")) == ["Bob/../x"]
    found = one.disagreements("ann", anns)
    assert [each.path for each in found] == list(one.draw.paths[1:])
    assert found[0].said == {"ann": Opinion.ARTEFACT, "Bob/../x": Opinion.OK}
    assert {path.parent for path in one.folder.iterdir()} == {one.folder}


def test_the_event_says_who_looked_at_what(tmp_path):
    one = review(tmp_path)
    detail = review_detail(one, "ann", answered(one, "ann", [OK, BAD]), problems=2)
    assert detail["root"] == str(one.manifest.root)
    wanted = {"seed": 1, "looked_at": 2, "bad": 1, "planned": 3, "samples": 4, "problems": 2}
    assert {key: detail[key] for key in wanted} == wanted
    assert detail["sampling"] == "uniform"
    assert detail["statement"].startswith("2 of 4 looked at, 1 bad: with 95 % confidence")
    assert detail["answers"].startswith("sha256:")


def event(time, root, **detail):
    return Event("w", 1, time, REVIEWED, "signs", "ann", {"root": root, **detail})


class Events:
    def __init__(self, *events):
        self._events = events

    def events(self):
        return iter(self._events)


def test_the_last_review_of_a_root():
    root = Digest("merkle-sha256-v1", b"1")
    counts = {"looked_at": 1000, "samples": 39209, "bad": 0}
    newest = event("2026-02", str(root), **counts)
    other = replace(event("2026-03", str(root)), kind="dataset.verified")
    ledger = Events(event("2026-01", str(root)), newest, event("2026-04", "other"), other)
    assert last_review(ledger, root) == newest
    assert last_review(ledger, Digest("sha256", b"2")) is None
    assert set(last_reviews(ledger)) == {str(root), "other"}
    assert in_short(newest) == "1,000 of 39,209, 0 bad"
    assert (in_short(None), in_short(event("2026", "x", bad="many"))) == ("-", "?")
