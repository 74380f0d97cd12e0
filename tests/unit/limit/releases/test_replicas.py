"""Waiting for replicas: a file for each, or an address."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bezoar.core.errors import UsageError
from bezoar.limit.releases.replicas import Heartbeat, in_folder, leave, parse_heartbeat, say, wait

GOOD, BAD = "sha256:aa", "sha256:bb"


def beat(replica: str, digest: str = GOOD, **more) -> Heartbeat:
    return Heartbeat("signs", replica, digest, "1", **{"time": time.time(), **more})


def test_each_replica_has_to_say_the_digest(tmp_path):
    say(tmp_path, beat("a"))
    say(tmp_path, beat("b", BAD, fault="it does not load"))
    say(tmp_path, beat("c", time=time.time() - 600))
    found = wait(tmp_path, "signs", GOOD, timeout_s=0.1)
    assert found.safe == ("a",)
    assert found.late["b"] == "it serves 1: it does not load"
    assert found.late["c"].startswith("silent for 600 s")
    say(tmp_path, beat("b"))
    leave(tmp_path, "signs", "c")
    assert wait(tmp_path, "signs", GOOD, timeout_s=0.1).safe == ("a", "b")
    assert wait(tmp_path, "other", GOOD, timeout_s=0.1) == type(found)(
        (), {}, pytest.approx(0, abs=1)
    )


def test_a_replica_that_comes_later_is_waited_for(tmp_path):
    say(tmp_path, beat("a", BAD))
    timer = threading.Timer(0.2, say, (tmp_path, beat("a")))
    timer.start()
    found = wait(tmp_path, "signs", GOOD, timeout_s=10)
    timer.join()
    assert found.safe == ("a",)
    assert 0.1 < found.seconds < 5


def test_a_process_that_was_killed_is_not_waited_for(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    say(tmp_path, beat("dead", BAD, host=socket.gethostname(), pid=process.pid))
    say(tmp_path, beat("here", host=socket.gethostname(), pid=os.getpid()))
    assert [one.replica for one in in_folder(tmp_path, "signs")] == ["here"]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"time": "x"}', b'{"digest": 1}', b"\xff", b"9" * 70_000]
)
def test_what_no_replica_wrote_is_passed_over(tmp_path, data):
    with pytest.raises(ValueError, match=r"\w"):
        parse_heartbeat(data)
    say(tmp_path, beat("a"))
    (tmp_path / "signs" / "evil.json").write_bytes(data)
    (tmp_path / "signs" / "link.json").symlink_to("/dev/zero")
    assert [one.replica for one in in_folder(tmp_path, "signs")] == ["a"]


@pytest.mark.parametrize("name", ["../a", "", "a/b", "a\n"])
def test_the_name_of_a_replica_is_no_path(tmp_path, name):
    with pytest.raises(UsageError):
        say(tmp_path, beat(name))


def test_a_replica_elsewhere_is_asked_at_its_address(tmp_path):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(beat("far").as_json()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/health"
        assert wait(tmp_path, "signs", GOOD, urls=[url], timeout_s=2).safe == (url,)
        assert wait(tmp_path, "signs", BAD, urls=[url], timeout_s=0).late[url] == "it serves 1"
        server.shutdown()
        thread.join()
    late = wait(tmp_path, "signs", GOOD, urls=[url], timeout_s=0).late
    assert "gives no answer" in late[url]
