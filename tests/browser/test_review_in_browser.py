"""The review page in a real browser, driven by the keyboard; the sheet without any server."""

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import polars as pl
import pytest
from dataset_layouts import four_files, png, write_files
from devtools import CHROMIUM, Browser

from bezoar.cli.app import run

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")

SHOWN = "document.getElementById('stage').children.length"
COUNT = "document.getElementById('count').textContent"
LABEL = "document.getElementById('label').textContent"
PRESSED = "[...document.querySelectorAll('[aria-pressed=true]')].map(b => b.dataset.opinion).join()"
SUMMARY = "!document.getElementById('summary').hidden"
TROUBLE = "document.getElementById('trouble').textContent"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    chromium.open("about:blank")
    chromium.events.clear()
    chromium.size(1280, 800)
    return chromium


@pytest.fixture
def signs(tmp_path, monkeypatch):
    """A project with ten signs of 32 x 32 pixels and less."""
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return write_files(tmp_path / "signs", four_files() | {f"go/{n}.png": png(n) for n in range(8)})


@contextmanager
def reviewing(*options, folder="./signs"):
    """Start the command; yield the process and the address of its page."""
    command = [sys.executable, "-m", "bezoar", "review", folder, "--no-browser", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            said = (re.search(r"http://\S+", line) for line in process.stderr)
            yield process, next(found[0] for found in said if found)
        finally:
            process.kill()


def origin(address):
    return address.partition("/open")[0]


def opened(browser, address):
    browser.open(address)
    browser.wait(
        f"document.readyState === 'complete' && document.getElementById('stage') && {SHOWN}"
    )


def press(browser, keys, *, until):
    for key, expected in zip(keys, until, strict=True):
        browser.press(key)
        browser.wait(f"{COUNT} === '{expected}'")


@pytest.mark.usefixtures("signs")
def test_a_review_with_the_keyboard_alone(browser):
    with reviewing("--samples", "4", "--format", "json", "--reviewer", "Ann") as (process, address):
        opened(browser, address)
        assert browser.look(COUNT) == "1 of 4"
        press(browser, "o2", until=["2 of 4", "3 of 4"])
        # Back, and forth again: the answer stands; another one takes its place.
        press(browser, ["b", "ArrowRight", "ArrowLeft"], until=["2 of 4", "3 of 4", "2 of 4"])
        assert browser.look(PRESSED) == "wrong-label"
        press(browser, "a", until=["3 of 4"])
        # Nobody goes past a sample without a word about it.
        browser.press("ArrowRight")
        # A key that is held down does not answer whatever comes next.
        browser.press("o", held=True)
        # Undo takes back one change: the second answer is the first one again.
        press(browser, "z", until=["2 of 4"])
        assert browser.look(PRESSED) == "wrong-label"
        browser.press("n")
        browser.wait("document.getElementById('note-dialog').open")
        browser.type("stop o w")
        browser.press("Enter")
        browser.wait("document.getElementById('noted').textContent === 'Note: stop o w'")
        press(browser, "wu", until=["3 of 4", "4 of 4"])
        browser.press("?")
        browser.wait("document.getElementById('help').open")
        browser.press("o")  # the help is in front
        browser.press("Escape")
        browser.wait("!document.getElementById('help').open")
        assert browser.look(COUNT) == "4 of 4"
        browser.press("o")
        browser.wait(SUMMARY)
        assert "4 of 10 looked at, 1 bad" in browser.text()
        browser.press("Enter")
        browser.wait("document.getElementById('closed').textContent")
        assert process.wait(60) == 1
        found = json.loads(process.stdout.read())
    assert [(one["opinion"], one["note"]) for one in found["marked"]] == [
        ("wrong-label", "stop o w"),
        ("unsure", ""),
    ]
    assert (found["ok"], found["reviewer"]) == (2, "Ann")
    assert browser.complaints() == []
    assert {asked.startswith(origin(address)) for asked in browser.asked()} == {True}


@pytest.mark.usefixtures("signs")
def test_a_small_picture_is_large_and_shows_its_pixels(browser):
    with reviewing() as (_, address):
        opened(browser, address)
        image = "document.querySelector('#stage img')"
        size = browser.look(f"{image}.getBoundingClientRect().width")
        assert size >= 320
        assert size % 8 == 0
        assert browser.look(f"getComputedStyle({image}).imageRendering") == "pixelated"
        browser.wait("document.querySelectorAll('#peer-list img').length > 1")
        browser.press("+")
        assert browser.look(f"{image}.getBoundingClientRect().width") == 2 * size
        browser.press("0")
        assert browser.look(f"{image}.getBoundingClientRect().width") == size


@pytest.mark.parametrize("width", [360, 820, 1280])
@pytest.mark.parametrize("label", ["keep", "W" * 120, "شارع" * 20], ids=["short", "long", "rtl"])
def test_nothing_hangs_over_the_edge(browser, signs, width, label):
    (signs / "go").rename(signs / label)
    browser.size(width, 800)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    with reviewing("--samples", "1") as (_, address):
        opened(browser, address)
        browser.wait("document.querySelectorAll('#peer-list img').length > 1")
        assert browser.look(over) == 0
        browser.press("u")
        browser.wait(SUMMARY)
        assert browser.look(over) == 0


@contextmanager
def elsewhere(page):
    """Serve a page of somebody else; yield its address and what it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode() if self.path == "/" else b"")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_names_run_nothing_and_ask_for_nothing(browser, signs):
    with elsewhere("") as (trap, asked):
        evil = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'"
        (signs / "go").rename(signs / evil)
        write_files(signs, {f"{evil}/{n}.png": f"<img src={trap}x>".encode() for n in range(8)})
        with reviewing("--samples", "9") as (_, address):
            opened(browser, address)
            for _ in range(9):
                before = browser.look(COUNT)
                browser.press("a")
                browser.wait(f"{COUNT} !== '{before}' || {SUMMARY}")
            assert evil[:20] in browser.text()
            assert browser.look("document.title").startswith("Review of ")
            assert asked == []
            assert browser.complaints() == []
            assert {url.startswith(origin(address)) for url in browser.asked()} == {True}


def test_rows_of_parquet_are_text_whatever_stands_in_them(browser, tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    evil = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"
    columns = {evil: ["a", "b"], "text": [evil, "\u202eabc"], "label": [evil, "fine"]}
    pl.DataFrame(columns).write_parquet("rows.parquet")
    with reviewing(folder="./rows.parquet") as (process, address):
        opened(browser, address)
        for expected in ("2 of 2", None):
            assert "document.title='hit'" in browser.text()
            assert (
                browser.look("document.querySelectorAll('#stage img, #stage script').length") == 0
            )
            browser.press("o")
            browser.wait(f"{COUNT} === '{expected}'" if expected else SUMMARY)
        assert browser.look("document.title").startswith("Review of ")
        browser.press("Enter")
        assert process.wait(60) == 0
    assert browser.complaints() == []
    assert {asked.startswith(origin(address)) for asked in browser.asked()} == {True}


def test_pictures_of_parquet_are_drawn(browser, tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    pictures = [{"bytes": png(number), "path": f"{number}.png"} for number in range(3)]
    pl.DataFrame({"image": pictures, "label": ["go", "stop", "go"]}).write_parquet("signs.parquet")
    with reviewing(folder="./signs.parquet") as (_, address):
        opened(browser, address)
        browser.wait("document.querySelector('#stage img').naturalWidth > 0")
        assert browser.look(LABEL).strip("“”") in {"go", "stop"}


ATTACK = """<!doctype html><title>waiting</title><script>
const at = "ORIGIN", tries = [];
const body = JSON.stringify({sample: 0, opinion: "artefact", note: ""});
for (const type of ["application/json", "text/plain"]) for (const mode of ["cors", "no-cors"])
  tries.push(fetch(at + "/answer", {method: "POST", mode, credentials: "include",
    headers: {"Content-Type": type}, body}).then((a) => a.type + a.status, (e) => "refused"));
tries.push(fetch(at + "/state", {credentials: "include"}).then((a) => a.text(), (e) => "refused"));
tries.push(new Promise((done) => { const i = new Image(); i.onload = () => done("seen");
  i.onerror = () => done("refused"); i.src = at + "/picture/0"; }));
tries.push(new Promise((done) => { const s = document.createElement("script");
  s.onload = () => done("seen"); s.onerror = () => done("refused"); s.src = at + "/review.js";
  document.head.append(s); }));
Promise.all(tries).then((got) => { document.title = got.join(" "); });
</script>"""


@pytest.mark.usefixtures("signs")
def test_a_page_on_another_port_reads_nothing_and_changes_nothing(browser):
    with reviewing() as (_, address):
        opened(browser, address)
        with elsewhere(ATTACK.replace("ORIGIN", origin(address))) as (evil, _):
            browser.open(evil)
            got = browser.wait("document.title !== 'waiting' && document.title")
        assert got.split() == ["refused"] * 7
        browser.open(origin(address))
        browser.wait(SHOWN)
        assert browser.look(COUNT) == "1 of 10"
        assert browser.look(PRESSED) == ""


@pytest.mark.usefixtures("signs")
def test_when_the_command_is_gone_no_answer_is_lost_silently(browser):
    with reviewing() as (process, address):
        opened(browser, address)
        press(browser, "o", until=["2 of 10"])
        process.kill()
        process.wait(60)
        browser.press("o")
        browser.wait(TROUBLE)
        assert "has ended. Every answer so far is saved" in browser.look(TROUBLE)
        assert browser.look(COUNT) == "2 of 10"
    with reviewing() as (_, address):
        opened(browser, address)
        assert browser.look(COUNT) == "2 of 10"


@pytest.mark.usefixtures("signs")
def test_the_sheet_needs_no_server(browser, tmp_path):
    assert run(["review", "./signs", "--samples", "3", "--export", "sheet.html"]) == 0
    browser("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "got"))
    opened(browser, (tmp_path / "sheet.html").as_uri())
    press(browser, "ow", until=["2 of 3", "3 of 3"])
    # Closed and opened again, it goes on.
    opened(browser, (tmp_path / "sheet.html").as_uri())
    assert browser.look(COUNT) == "3 of 3"
    browser.press("o")
    browser.wait(SUMMARY)
    browser.look("document.getElementById('who').value = ''")
    browser.press("Enter")
    browser.wait(TROUBLE)
    assert "Your name is missing" in browser.look(TROUBLE)
    browser.type("Cy")
    browser.press("Enter")
    browser.wait("document.getElementById('closed').textContent")
    deadline = time.monotonic() + 60
    while not (files := list((tmp_path / "got").glob("*.json"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert browser.complaints() == []
    asked = {url.partition(":")[0] for url in browser.asked()}
    assert asked <= {"file", "data", "blob"}
    assert (
        run(["review", "./signs", "--answers", str(files[0]), "--format", "json", "-o", "r"]) == 1
    )
    found = json.loads((tmp_path / "r").read_text())
    assert (found["reviewer"], found["ok"], found["wrong_label"]) == ("Cy", 2, 1)
