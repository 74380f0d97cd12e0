"""`bezoar review` as a person uses it: the real command, its page, its sheet."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli import review as review_command
from bezoar.cli.app import run


@pytest.fixture
def bezoar(tmp_path, monkeypatch, capsysbinary):
    """Return what runs a command in a project with one dataset: exit code, stdout, stderr."""
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "signs", four_files())
    origin = ("--origin", "https://example.org/signs")
    assert run(["dbom", "add", "./signs", "--name", "signs", "--version", "1.0", *origin]) == 0
    capsysbinary.readouterr()

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


class Page:
    """A browser's part of a review."""

    def __init__(self, process):
        self.process, self.cookie, self.token = process, "", ""
        self.said = ""
        for line in process.stderr:
            self.said += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)(/open\?token=\S+)", line):
                self.port, self._address = int(found[1]), found[2]
                break

    def open(self):
        status, headers, _ = self.ask("GET", self._address)
        assert status == 200
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        page = self.ask("GET", "/")[2].decode()
        self.token = re.search('name="bezoar-token" content="(.+?)"', page)[1]
        return self

    def ask(self, method, path, value=None):
        headers = {"Cookie": self.cookie, "X-Bezoar-Token": self.token}
        headers |= {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if value is None else json.dumps(value), headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def answer(self, *opinions, start=0):
        for number, opinion in enumerate(opinions, start):
            value = {"sample": number, "opinion": opinion, "note": ""}
            assert self.ask("POST", "/answer", value)[0] == 200

    def state(self):
        return json.loads(self.ask("GET", "/state")[2])

    def names(self):
        count = len(self.state()["answers"])
        return [json.loads(self.ask("GET", f"/sample/{n}")[2])["name"] for n in range(count)]

    def finish(self):
        assert self.ask("POST", "/finish", {})[0] == 200
        return self.process.wait(60), self.process.stdout.read(), self.process.stderr.read()


@contextmanager
def reviewing(*arguments):
    command = [sys.executable, "-m", "bezoar", "review", *arguments, "--no-browser"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Page(process)
        finally:
            process.kill()


def events(bezoar):
    _, out, _ = bezoar("log", "--format", "json")
    return [event for event in json.loads(out)["events"] if event["kind"] == "dataset.reviewed"]


def listeners(port):
    """Return the addresses, in the kernel's notation, that listen on a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}


def test_a_review_that_is_killed_goes_on_and_ends_in_the_ledger(bezoar):
    with reviewing("signs", "--samples", "3", "--reviewer", "Ann") as page:
        assert "signs@1.0: 3 of 4 samples, picked by chance, seed " in page.said
        assert listeners(page.port) == {f"0100007F:{page.port:04X}"}
        page.open()
        names = page.names()
        page.answer("ok", "artefact")
        page.process.send_signal(signal.SIGKILL)
        page.process.wait(60)
    with reviewing("signs", "--samples", "3", "--reviewer", "Ann", "--format", "json") as page:
        page.open()
        assert page.names() == names
        assert [one and one["opinion"] for one in page.state()["answers"]] == [
            "ok",
            "artefact",
            None,
        ]
        page.answer("unsure", start=2)
        code, out, err = page.finish()
    assert (code, "Traceback" in err) == (1, False)
    found = json.loads(out)
    assert [one["path"] for one in found["marked"]] == names[1:]
    (event,) = events(bezoar)
    detail = event["detail"]
    assert event["subject"] == "signs@1.0"
    wanted = {"reviewer": "Ann", "looked_at": 3, "bad": 1, "unsure": 1, "sampling": "uniform"}
    assert {key: detail[key] for key in wanted} == wanted
    assert detail["root"].startswith("merkle-sha256-v1:")
    assert detail["seed"] == found["seed"]
    assert detail["answers"].startswith("sha256:")


def test_a_second_reviewer_sees_the_same_and_disagrees(bezoar):
    with reviewing("signs", "--samples", "2", "--reviewer", "Ann") as page:
        page.open().answer("ok", "wrong-label")
        names = page.names()
        assert page.finish()[0] == 1
    with reviewing("./signs", "--samples", "2", "--reviewer", "Bob") as page:
        page.open().answer("ok", "ok")
        assert page.names() == names
        code, out, _ = page.finish()
    assert code == 0
    assert out.startswith("signs@1.0 reviewed by Bob\n  2 of 4 looked at, 0 bad: with 95 %")
    assert f"reviewers disagree: 1\n  {names[1]}: Bob ok, Ann wrong label" in out
    assert [event["detail"]["disagreements"] for event in events(bezoar)] == [0, 1]


def test_who_stops_goes_on_later(bezoar):
    with reviewing("./signs") as page:
        page.open().answer("ok")
        page.process.send_signal(signal.SIGINT)
        assert page.process.wait(60) == 130
        said = page.process.stderr.read()
    assert "1 of 4 answered, not finished\n  next: bezoar review ./signs" in said
    assert "Traceback" not in said
    assert events(bezoar) == []


def exported(bezoar, *options):
    code, out, err = bezoar("review", "signs", "--export", "sheet.html", *options)
    assert (code, out) == (0, "")
    assert "--answers FILE" in err
    page = Path("sheet.html").read_text()
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def filled(data, opinions, **changed):
    answers = [{"sample": n, "opinion": o, "note": ""} for n, o in enumerate(opinions)]
    about = {key: data[key] for key in ("review", "sampling", "samples", "seed")}
    sheet = {"schema_version": 1, "reviewer": "Cy", **about, "answers": answers, **changed}
    Path("answers.json").write_text(json.dumps(sheet))


def test_a_sheet_comes_back(bezoar):
    data = exported(bezoar, "--samples", "3", "--seed", "7")
    names = [card["name"] for card in data["cards"]]
    filled(data, ["ok", "wrong-label", "ok"])
    code, out, _ = bezoar("review", "signs", "--answers", "answers.json")
    assert code == 1
    assert out.startswith("signs@1.0 reviewed by Cy\n  3 of 4 looked at, 1 bad")
    assert f"{names[1]} ({names[1].partition('/')[0]}): wrong label" in out
    (event,) = events(bezoar)
    assert (event["detail"]["reviewer"], event["detail"]["seed"]) == ("Cy", 7)
    assert bezoar("review", "signs", "--answers", "answers.json", "--exit-zero")[0] == 0


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"review": "sha256:00"}, "belongs to no sheet of this data"),
        ({"review": "nonsense"}, "holds no answers"),
        ({"reviewer": "a\nb"}, "not a reviewer's name"),
        ({"answers": [{"sample": 9, "opinion": "ok"}]}, "samples that the sheet does not have"),
        ({"answers": [{"sample": -1, "opinion": "ok"}]}, "answers.0.sample"),
        ({"answers": [{"sample": 0, "opinion": "fine"}]}, "answers.0.opinion"),
        ({"answers": [{"sample": 0, "opinion": "ok"}] * 2}, "a sample has two"),
        ({"answers": []}, "holds no answer"),
        ({"extra": 1}, "extra"),
        ({"seed": "7"}, "seed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_answers_of_anybody_are_not_believed(bezoar, changed, says):
    filled(exported(bezoar), ["ok"], **changed)
    code, out, err = bezoar("review", "signs", "--answers", "answers.json")
    assert (code, out) == (2, "")
    assert says in err
    assert events(bezoar) == []


@pytest.mark.parametrize("text", ["", "[", "[]", "7", "[" * 100_000, "\0"])
def test_what_is_no_file_of_answers(bezoar, text):
    Path("answers.json").write_text(text)
    code, _, err = bezoar("review", "signs", "--answers", "answers.json")
    assert (code, "holds no answers" in err) == (2, True)


def test_answers_about_other_data(bezoar, tmp_path):
    filled(exported(bezoar), ["ok"])
    write_files(tmp_path / "signs", {"go/0.png": png(77)})
    code, _, err = bezoar("review", "./signs", "--answers", "answers.json")
    assert (code, "belongs to no sheet of this data" in err) == (2, True)
    assert "bezoar review ./signs --sampling uniform --samples 100 --seed" in err


def test_only_what_changed(bezoar, tmp_path):
    write_files(tmp_path / "signs", {"go/0.png": png(77), "go/new.png": png(78)})
    (tmp_path / "signs" / "stop" / "0.png").rename(tmp_path / "signs" / "go" / "moved.png")
    cards = {}
    code, _, _ = bezoar("review", "./signs", "--since", "signs@1.0", "--export", "sheet.html")
    assert code == 0
    data = json.loads(re.search(r'id="data">(.*?)</script>', Path("sheet.html").read_text())[1])
    cards = {card["name"]: card["before"] for card in data["cards"]}
    assert cards == {
        "go/0.png": "Its bytes changed",
        "go/new.png": "New sample",
        "go/moved.png": "Its label was “stop”",
    }
    code, _, err = bezoar("review", "signs@1.0", "--export", "sheet.html")
    assert (code, "no longer what was registered as signs@1.0" in err) == (3, True)
    assert "bezoar verify signs@1.0" in err


def test_nothing_changed(bezoar):
    code, _, err = bezoar("review", "signs", "--since", "1.0")
    assert (code, "nothing changed" in err) == (4, True)


def test_the_most_suspicious_first(bezoar):
    rows = {
        "path": ["go/0.png", "go/1.png", "stop/0.png", "stop/1.png"],
        "label": ["go", "go", "stop", "stop"],
        "score": [0.5, 3.0, 1.0, 0.0],
        "flagged": [False, True, False, False],
    }
    pl.DataFrame(rows).write_parquet("scores.parquet")
    data = exported(bezoar, "--scores", "scores.parquet", "--samples", "2")
    assert [(card["name"], card["score"]) for card in data["cards"]] == [
        ("go/1.png", "3.0"),
        ("stop/0.png", "1.0"),
    ]
    filled(data, ["ok", "ok"])
    code, out, _ = bezoar("review", "signs", "--answers", "answers.json")
    assert code == 0
    assert "The 2 most suspicious of 4 looked at, 0 bad." in out
    assert "confidence" not in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--sampling", "changed"], "--since VERSION"),
        (["--sampling", "suspicious"], "--scores FILE"),
        (["--sampling", "uniform", "--since", "1.0"], "goes with --sampling changed"),
        (["--since", "0.9"], "knows no signs@0.9"),
        (["--scores", "none.parquet"], "does not exist"),
        (["--reviewer", "a\nb"], "not a reviewer's name"),
        (["--samples", "0"], "greater than or equal to 1"),
        (["--sampling", "best"], "best"),
    ],
    ids=str,
)
def test_calls_that_are_off(bezoar, options, says):
    code, out, err = bezoar("review", "signs", "--export", "sheet.html", *options)
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("sheet.html").exists()


def test_a_port_that_is_taken(bezoar):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = bezoar("review", "signs", "--port", port, "--no-browser")
    assert (code, f"cannot listen on 127.0.0.1:{port}" in err) == (3, True)


def test_without_the_optional_packages(bezoar, monkeypatch):
    monkeypatch.setattr(review_command, "find_spec", lambda _: None)
    code, _, err = bezoar("review", "signs")
    assert (code, "pip install 'bezoar[web]'" in err) == (3, True)


def test_what_cannot_be_drawn_is_said(bezoar, tmp_path):
    (tmp_path / "signs" / "go" / "2.png").symlink_to("1.png")
    code, _, err = bezoar("review", "./signs", "--export", "sheet.html")
    assert code == 0
    assert "what cannot be read is not among the samples; problems: 1" in err
    assert "see: bezoar verify ./signs" in err
