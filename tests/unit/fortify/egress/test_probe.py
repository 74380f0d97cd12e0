"""Knocking, at doors that the test opened itself."""

import contextlib
import socket
import threading
import time

import pytest

from bezoar.core.outcome import Status
from bezoar.fortify.egress import attempts
from bezoar.fortify.egress.attempts import Answer, Attempt, Targets, Way, attempt_all, proxies_of
from bezoar.fortify.egress.endpoints import destinations
from bezoar.fortify.egress.probe import RULES, Probed, probe, targets_of
from bezoar.project.settings import MirrorSettings

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@contextlib.contextmanager
def listening(answer=None):
    """Yield `host:port` of what accepts, and answers what it is told to."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        if answer is not None:
                            connection.recv(1024)
                            connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def answers(targets, timeout=1.0):
    return {(one.way, one.target): one.answer for one in attempt_all(targets, timeout)}


def test_what_listens_is_open_and_what_does_not_is_refused(closed):
    with listening() as host:
        found = answers(Targets(hosts=(host, closed), metadata=(host, closed)))
    assert found == {
        (Way.TCP, host): Answer.OPEN,
        (Way.TCP, closed): Answer.REFUSED,
        (Way.METADATA, host): Answer.OPEN,
        (Way.METADATA, closed): Answer.REFUSED,
    }


def test_who_answers_without_tls_is_not_taken_for_the_host():
    with listening(b"no tls") as host:
        (one,) = attempt_all(Targets(hosts=(host,)), 1.0)
    assert one.detail == "something answered, and did not prove to be 127.0.0.1"


def test_udp(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))
        monkeypatch.setattr(attempts, "_DNS_PORT", resolver.getsockname()[1])

        def serve():
            question, who = resolver.recvfrom(100)
            resolver.sendto(question, who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert attempts._ask("127.0.0.1", 2.0) == "it answered"
        thread.join()
        with pytest.raises(TimeoutError):
            attempts._ask("127.0.0.1", 0.05)
    with pytest.raises(ConnectionRefusedError):
        attempts._ask("127.0.0.1", 2.0)


def test_a_proxy_is_a_way_out_if_it_makes_a_tunnel(monkeypatch, closed):
    with (
        listening(b"HTTP/1.1 200 OK\r\n\r\n") as kind,
        listening(b"HTTP/1.1 403 No\r\n\r\n") as strict,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{kind}")
        monkeypatch.setenv("http_proxy", strict)
        found = answers(Targets(hosts=(closed,)))
    assert found[Way.PROXY, f"{closed} by {kind}"] is Answer.OPEN
    assert found[Way.PROXY, f"{closed} by {strict}"] is Answer.REFUSED


def test_the_proxies_of_an_environment():
    given = {"HTTP_PROXY": "a.org:3128", "https_proxy": "http://[::1]:8080/", "ALL_PROXY": "x://"}
    assert proxies_of(given) == ["[::1]:8080", "a.org:3128"]
    assert proxies_of({"HTTP_PROXY": "http://a.org:port", "https_proxy": "http://[::1"}) == []


def test_names_are_resolved_or_not(monkeypatch):
    answer = [(2, 1, 6, "", ("192.0.2.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answer)
    assert answers(Targets(hosts=("a.example:1",)), 0.2)[Way.DNS, "a.example"] is Answer.OPEN

    def fail(*_, **__):
        raise socket.gaierror(-2, "no")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    assert answers(Targets(hosts=("a.example:1",)))[Way.DNS, "a.example"] is Answer.REFUSED


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    released = threading.Event()

    def hang(*_, **__):
        released.wait(60)
        raise socket.gaierror(-3, "too late")

    monkeypatch.setattr("socket.getaddrinfo", hang)
    begun = time.monotonic()
    found = answers(Targets(hosts=("a.example:1", "b.example:1")), 0.1)
    assert time.monotonic() - begun < 5
    released.set()
    assert set(found.values()) == {Answer.SILENT}


def test_the_socket_of_a_container_engine(tmp_path):
    path = str(tmp_path / "docker.sock")
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(path)
        engine.listen()
        assert answers(Targets(engines=(path,)))[Way.ENGINE, path] is Answer.OPEN
    assert answers(Targets(engines=(path,)))[Way.ENGINE, path] is Answer.REFUSED


def test_three_states(closed, tmp_path):
    with listening() as host:
        assert probe(Targets(hosts=(host,), mirror=(str(tmp_path),)), 1).closed is False
        assert probe(Targets(hosts=(host,), mirror=(closed,)), 1).closed is False
        assert probe(Targets(hosts=(closed,), mirror=(host,)), 1).closed is True
        assert probe(Targets(hosts=(closed,), mirror=(closed, host)), 1).closed is True
    nowhere = probe(Targets(hosts=(closed,), mirror=(closed,)), 1)
    assert nowhere.closed is None
    assert {one.status for one in nowhere.outcomes()} == {Status.FAILED, Status.NOT_APPLICABLE}
    gone = Targets(hosts=(closed,), mirror=(str(tmp_path / "gone"),))
    assert probe(gone, 1).closed is None


def one(way, answer):
    return Attempt(way, "x", answer, "")


def test_each_way_has_a_rule_and_each_rule_its_finding():
    assert {way for ways in RULES.values() for way in ways} == set(Way) - {Way.MIRROR}
    for rule, ways in RULES.items():
        for way in ways:
            found = Probed((one(way, Answer.OPEN), one(Way.MIRROR, Answer.OPEN)))
            assert [o.rule for o in found.outcomes() if o.findings] == [rule]


def test_dns_may_be_allowed():
    tried = (one(Way.DNS, Answer.OPEN), one(Way.TCP, Answer.SILENT), one(Way.MIRROR, Answer.OPEN))
    assert Probed(tried).closed is False
    tolerant = Probed(tried, frozenset({Way.DNS}))
    assert tolerant.closed is True
    assert [o.status for o in tolerant.outcomes()][:3] == [
        Status.PASSED,
        Status.NOT_APPLICABLE,
        Status.SKIPPED,
    ]


def test_one_does_not_knock_at_what_is_allowed():
    found = destinations(MirrorSettings(uri="gs://our-data"), ("huggingface.co:443",))
    targets = targets_of(found)
    assert {"storage.googleapis.com:443", "huggingface.co:443"}.isdisjoint(targets.hosts)
    assert len(targets.hosts) == 3
    assert targets.mirror == ("storage.googleapis.com:443",)


def test_an_attempt_travels_as_json():
    tried = one(Way.UDP, Answer.SILENT)
    assert Attempt.from_json(tried.as_json()) == tried
