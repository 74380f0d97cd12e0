"""What the page asks for and what it says."""

import json
import threading
import time

import numpy as np
import pytest
from dataset_layouts import four_files, png
from PIL import Image
from web_scene import Scene

from bezoar.core.errors import BezoarError
from bezoar.recon.spot_check.answers import read_book
from bezoar.web.shown import png as as_png


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def answers(scene):
    return [one and one["opinion"] for one in scene.get("/state").json["answers"]]


def test_answers_are_saved_before_they_are_thanked_for(scene):
    assert answers(scene) == [None] * 3
    assert scene.post("/answer", {"sample": 0, "opinion": "ok"}).json == {"saved": True}
    scene.post("/answer", {"sample": 1, "opinion": "artefact", "note": "a sticker"})
    assert answers(scene) == ["ok", "artefact", None]
    kept = read_book(scene.review.book("ann"))
    assert kept[scene.review.draw.paths[1]].note == "a sticker"
    assert scene.post("/undo").json == {"sample": 1}
    assert scene.post("/undo").json == {"sample": 0}
    assert scene.post("/undo").json == {"sample": None}
    assert answers(scene) == [None] * 3


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"sample": 3, "opinion": "ok"},
        {"sample": -1, "opinion": "ok"},
        {"sample": True, "opinion": "ok"},
        {"sample": "0", "opinion": "ok"},
        {"sample": 0, "opinion": "good"},
        {"sample": 0, "opinion": None},
        {"sample": 0, "opinion": "ok", "note": "x" * 2001},
        {"sample": 0, "opinion": "ok", "note": None},
    ],
    ids=str,
)
def test_what_is_no_answer_is_refused(scene, value):
    assert scene.post("/answer", value).status == 400
    assert not scene.book.answers


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 50_000])
def test_what_is_no_json_is_refused(scene, body):
    assert scene.post("/answer", body=body).status == 400


def test_a_full_disk_is_said(scene, monkeypatch):
    def full(*_):
        raise BezoarError("cannot keep answers: No space left on device")

    monkeypatch.setattr(scene.book, "answer", full)
    answer = scene.post("/answer", {"sample": 0, "opinion": "ok"})
    assert (answer.status, "No space left" in answer.json["error"]) == (507, True)


def test_a_sample_with_its_peers(scene):
    path = scene.review.draw.paths[0]
    card = scene.get("/sample/0").json
    assert card["name"] == path
    assert card["label"] == f"“{path.partition('/')[0]}”"
    assert card["content"] == {
        "kind": "picture",
        "width": 8,
        "height": 8,
        "source": "/picture/0",
    }
    assert [peer["content"]["source"] for peer in card["peers"]] == ["/peer/0/0"]
    for address in ("/picture/0", "/peer/0/0"):
        picture = scene.get(address)
        assert picture.headers["content-type"] == "image/png"
        assert picture.body.startswith(b"\x89PNG")


def test_a_picture_is_never_the_samples_own_bytes(tmp_path):
    data = png(0) + b"<script>alert(1)</script>"
    scene = Scene(tmp_path, {"go/0.png": data, "go/1.png": png(1), "stop/0.png": png(2)})
    bodies = [scene.get(f"/picture/{n}").body for n in range(3)]
    assert all(body and b"script" not in body for body in bodies)


def test_what_cannot_be_shown_says_why(tmp_path):
    scene = Scene(tmp_path, four_files() | {name: png(1)[:50] for name in four_files()})
    content = scene.get("/sample/0").json["content"]
    assert content["kind"] == "nothing"
    assert "truncated" in content["why"]
    assert scene.get("/picture/0").status == 404


def test_names_and_texts_stay_text(tmp_path):
    evil = "</script><img src=x onerror=alert(1)>"
    files = {f"{evil.replace('/', '')}/{n}.png": b"<b>bold</b> text" for n in range(3)}
    scene = Scene(tmp_path, files)
    answer = scene.get("/sample/0")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["content"] == {
        "kind": "text",
        "text": "<b>bold</b> text",
        "more": False,
        "source": None,
    }
    scene.review.subject = evil
    page = scene.get("/").body.decode()
    assert evil not in page
    assert "&lt;/script&gt;" in page


def test_a_large_picture_is_scaled_down(tmp_path):
    large = np.zeros((10, 3000, 3), np.uint8)
    scene = Scene(tmp_path, {f"go/{n}.png": as_png(large, 3000) for n in range(3)})
    assert scene.get("/sample/0").json["content"]["width"] == 3000
    with (tmp_path / "shown.png").open("wb") as file:
        file.write(scene.get("/picture/0").body)
    with Image.open(tmp_path / "shown.png") as image:
        assert image.size == (1024, 3)


def test_two_pictures_are_decoded_at_once_and_no_more(scene, monkeypatch):
    inside, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2, timeout=10)
    look = scene.review.look

    def slow(path):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        both.wait()
        time.sleep(0.02)  # time for a third one to come in, if it may
        with lock:
            inside -= 1
        return look(path)

    names = list(four_files())
    monkeypatch.setattr(scene.review, "look", slow)
    threads = [threading.Thread(target=scene.desk._show, args=(name, 8)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_the_end(scene):
    assert scene.post("/finish").status == 400
    assert not scene.stopped
    for number, opinion in enumerate(("ok", "wrong-label", "unsure")):
        scene.post("/answer", {"sample": number, "opinion": opinion, "note": f"n{number}"})
    summary = scene.get("/summary").json
    assert summary["statement"][0].startswith("3 of 4 looked at, 1 bad: with 95 % confidence")
    assert [one["opinion"] for one in summary["marked"]] == ["wrong-label", "unsure"]
    assert (summary["tally"]["bad"], summary["finished"]) == (1, False)
    assert scene.post("/finish").json["finished"] is True
    assert (scene.recorded, scene.stopped) == ([True], [True])
    assert scene.post("/answer", {"sample": 0, "opinion": "artefact"}).status == 400
    assert scene.post("/undo").json == {"sample": None}


def test_what_others_said_is_told_afterwards(scene):
    first = scene.review.draw.paths[0]
    line = json.dumps({"path": first, "opinion": "artefact"})
    scene.review.book("bob").write_text(line + "\n")
    scene.post("/answer", {"sample": 0, "opinion": "ok"})
    assert scene.get("/summary").json["disagreements"] == []
    told = scene.post("/finish").json["disagreements"]
    assert told[0]["said"] == {"ann": "ok", "bob": "artefact"}


def test_what_cannot_be_recorded_is_not_finished(scene, monkeypatch):
    def away():
        raise BezoarError("cannot use the ledger")

    monkeypatch.setattr(scene.desk, "_finish", away)
    scene.post("/answer", {"sample": 0, "opinion": "ok"})
    assert scene.post("/finish").status == 507
    assert not scene.desk.finished
    assert not scene.stopped
