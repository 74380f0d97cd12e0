"""Sinks speak to services; secrets stay where they belong."""

import socketserver
import threading

import pytest
from alert_services import SCHEMAS, served

from bezoar.core.errors import UsageError
from bezoar.limit.alerts.delivery import BusyError, RefusedError
from bezoar.limit.alerts.notice import Notice, State
from bezoar.limit.alerts.sinks import open_sinks
from bezoar.project.settings import SinkSettings

KEY = "0123456789abcdef0123456789abcdef"
NOTICE = Notice("m:production:80:1", State.FIRING, "m", "80", "x", "2026-11-25T08:00:00Z")


@pytest.fixture
def services():
    with served() as server:
        yield server


def sink(environment=None, **settings):
    return open_sinks({"one": SinkSettings(**settings)}, environment or {})["one"]


def all_of(services):
    yield sink({"S": f"{services.address}/slack"}, kind="slack", variable="S")
    yield sink({"P": KEY}, kind="pagerduty", variable="P", url=f"{services.address}/v2/enqueue")
    yield sink({"T": "token"}, kind="webhook", variable="T", url=f"{services.address}/hook")


def test_each_service_takes_a_beginning_and_an_end(services):
    for one in all_of(services):
        for state in State:
            one.send(Notice(NOTICE.key, state, "m", "80", "x", NOTICE.time))
    assert services.faults == []
    assert [path for path, _, _ in services.heard] == [
        name for name in ("/slack", "/v2/enqueue", "/hook") for _ in State
    ]
    assert services.heard[-1][2]["Authorization"] == "Bearer token"
    assert services.heard[-1][2]["Content-Type"].startswith("application/cloudevents+json")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_busy_services_are_asked_again(services, status):
    services.answers = [status]
    with pytest.raises(BusyError) as caught:
        next(all_of(services)).send(NOTICE)
    assert caught.value.after_s == (7 if status == 429 else None)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_other_answers_are_refusals(services, status):
    services.answers = [status]
    with pytest.raises(RefusedError):
        next(all_of(services)).send(NOTICE)


def test_nobody_there_is_no_refusal_and_tells_no_secret():
    one = sink({"S": "http://127.0.0.1:1/services/T0/SECRET"}, kind="slack", variable="S")
    with pytest.raises(BusyError) as caught:
        one.send(NOTICE)
    assert "SECRET" not in str(caught.value)
    assert "SECRET" not in repr(one)


@pytest.mark.parametrize(
    ("environment", "settings", "why"),
    [
        ({}, {"kind": "slack", "variable": "S"}, "S is not set"),
        ({"S": "http://hooks.example.org/x"}, {"kind": "slack", "variable": "S"}, "not https"),
        ({"P": "a key\n"}, {"kind": "pagerduty", "variable": "P"}, "no routing key"),
        ({}, {"kind": "webhook", "url": "ftp://example.org"}, "not https"),
    ],
)
def test_what_cannot_work_is_told_at_once(environment, settings, why):
    with pytest.raises(UsageError, match=why):
        sink(environment, **settings)


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as a letter needs."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                letter = b""
                while not letter.endswith(b"\r\n.\r\n"):
                    letter += self.rfile.readline()
                self.server.letters.append(letter.decode())
            if verb == "RCPT" and "refused" in line:
                self.say("550 no")
                continue
            self.say("221 bye" if verb == "QUIT" else "250 fine")
            if verb == "QUIT":
                return

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def post_office():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        server.daemon_threads = True
        server.letters = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def mail(server, *recipients):
    where = f"127.0.0.1:{server.server_address[1]}"
    return sink(kind="email", url=where, sender="bezoar@example.org", recipients=recipients)


def test_mail_is_delivered(post_office):
    odd = Notice(NOTICE.key, State.FIRING, "m\r\nBcc: x@example.org", "80", "x", NOTICE.time)
    mail(post_office, "on-call@example.org").send(odd)
    (letter,) = post_office.letters
    head = letter.partition("\r\n\r\n")[0]
    assert "To: on-call@example.org" in head
    assert "\r\nBcc:" not in head


def test_mail_that_is_refused(post_office):
    with pytest.raises(RefusedError):
        mail(post_office, "refused@example.org").send(NOTICE)


def test_mail_without_a_server():
    one = sink(
        kind="email", url="127.0.0.1:1", sender="a@example.org", recipients=("b@example.org",)
    )
    with pytest.raises(BusyError):
        one.send(NOTICE)


def test_apprise_takes_it(services, monkeypatch):
    pytest.importorskip("apprise")
    one = sink(
        {"A": f"json://127.0.0.1:{services.server_port}/other"}, kind="apprise", variable="A"
    )
    monkeypatch.setitem(SCHEMAS, "/other", {"type": "object"})
    one.send(NOTICE)
    assert "ALARM" in services.heard[0][1]["title"]
