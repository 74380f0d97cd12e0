"""The page in a real browser: nothing on it runs, nothing leaves it, it fits a phone."""

import re
import shutil
import subprocess
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from report_scene import DRILL, inspection

from bezoar.report.html import inspection_html
from bezoar.report.postmortem import drill_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")


@pytest.fixture
def listener():
    """A server that counts what asks it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def dom(tmp_path):
    """Loads HTML in a fresh browser and returns the document as it then is."""

    def load(html, width=1280):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        options = (
            "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
            "--disable-background-networking --disable-component-update --virtual-time-budget=2000"
        )
        command = [CHROMIUM, *options.split(), f"--user-data-dir={tmp_path / 'browser'}"]
        command += [f"--window-size={width},900", "--dump-dom", path.as_uri()]
        done = subprocess.run(command, capture_output=True, check=True, timeout=120)
        return done.stdout.decode()

    return load


def payload(address):
    return (
        f"<script>document.title='hit';fetch('{address}/script')</script>"
        f"<img src='{address}/image' onerror=\"document.title='hit'\">"
        f"<style>@import '{address}/style'; * {{ background: url({address}/ground) }}</style>"
    )


def title(document):
    return re.search("<title>(.*?)</title>", document, re.DOTALL)[1]


def test_the_trap_works_where_nothing_guards_it(listener, dom):
    address, asked = listener
    document = dom(f"<!doctype html><title>calm</title>{payload(address)}")
    assert title(document) == "hit"
    assert {"/script", "/image", "/style"} <= set(asked)


def test_names_run_nothing_and_ask_for_nothing(listener, dom):
    address, asked = listener
    name = payload(address)
    found, picture = inspection(
        label=name, alike=name + "2", name="{:03}" + name.replace("{", "{{").replace("}", "}}")
    )
    document = dom(drill_html({**DRILL, "scenario": name, "missed": [name]}, found, picture))
    assert title(document).startswith("Noticed: ")
    assert asked == []


def test_the_policy_holds_even_if_a_name_were_not_escaped(listener, dom):
    address, asked = listener
    html = inspection_html(*inspection()).replace("<main>", f"<main>{payload(address)}")
    assert title(dom(html)).startswith("Not yet.")
    assert asked == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["Stop", "W" * 300, "شارع" * 30], ids=["short", "long", "arabic"])
def test_nothing_hangs_over_the_edge(dom, width, name):
    found, picture = inspection(label=name, alike=name + "2", name="{:03}" + name)
    html = drill_html({**DRILL, "scenario": name, "missed": [name]}, found, picture)
    probe = (
        "<script>const page = document.documentElement;"
        "parent.document.title = page.scrollWidth - page.clientWidth</script></body>"
    )
    # A frame, because a window is never narrower than the browser allows.
    html = re.sub("<meta http-equiv.*?>", "", html).replace("<details>", "<details open>")
    html = escape(html.replace("</body>", probe))
    frame = f'<title>-</title><iframe width="{width}" height="900" srcdoc="{html}"></iframe>'
    assert title(dom(f"<!doctype html>{frame}")) == "0"
