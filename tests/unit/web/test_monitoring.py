"""The monitor over HTTP: what it takes, what it refuses, and that nothing is lost on the way."""

import asyncio
import json
import random
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import numpy as np
import pyarrow as pa
import pytest

from bezoar.limit.baseline import known_baseline
from bezoar.limit.inputs import learn_inputs
from bezoar.limit.intake import Intake
from bezoar.project import Project
from bezoar.web import monitoring
from bezoar.web.monitoring import MOST_BYTES, MonitorServer
from bezoar.web.monitoring_bodies import ARROW, MOST_ROWS
from bezoar.web.rollback import rollback_app

BASELINE = known_baseline("signs", {"stop": 0.99, "80": 0.01})
TOKEN = "a-token-of-enough-length"  # noqa: S105 - of no server
LINES = {"content-type": "application/x-ndjson"}


@asynccontextmanager
async def asked(server):
    """Yield a client of a running server."""
    app = server.app()
    sending = httpx.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {TOKEN}"} if server.token else {}
    async with (
        server._lifespan(None),
        httpx.AsyncClient(
            transport=sending, base_url="http://127.0.0.1:8410", headers=headers
        ) as client,
    ):
        yield client


@pytest.fixture
def server(tmp_path):
    told = []
    intake = Intake(BASELINE, tmp_path / "state", told.append)
    server = MonitorServer(intake, TOKEN)
    server.told = told
    yield server
    intake.close()


def run(server, talk):
    async def whole():
        async with asked(server) as client:
            return await talk(client)

    return asyncio.run(whole())


def test_three_forms_of_a_batch_count_alike(server):
    rows = [{"class": "stop", "confidence": 0.5}, {"class": "80"}]

    async def talk(client):
        lines = "\n".join(json.dumps(row) for row in rows)
        columns = {"class": ["stop", "80"], "confidence": [0.5, None]}
        return [
            (await client.post("/v1/observe", content=lines, headers=LINES)).json(),
            (await client.post("/v1/observe", json=rows)).json(),
            (await client.post("/v1/observe", json=columns)).json(),
            (await client.post("/v1/observe", json=rows[0])).json(),
        ]

    answers = run(server, talk)
    assert [one["taken"] for one in answers] == [2, 2, 2, 1]
    assert server.intake.monitor.evidence.predictions == 7


def test_arrow_counts_as_the_other_forms_and_is_refused_as_they_are(server):
    kind = {"content-type": ARROW}

    def stream(table, **options):
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(**options)
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        return sink.getvalue().to_pybytes()

    table = pa.table({"class": ["stop", "80", None, ""], "confidence": [0.5, None, 0.5, 0.5]})
    sent = [
        stream(table),
        stream(pa.table({"class": ["stop"] * 2, "confidence": [2.0, float("nan")]})),
        stream(pa.table({"class": ["stop"] * (MOST_ROWS + 1)})),
        stream(pa.table({"class": ["stop"] * 1000}), compression="zstd"),
        stream(pa.table({"confidence": [0.5]})),
        stream(table)[:200],
        b"",
        b"ARROW1",
    ]

    async def talk(client):
        return [await client.post("/v1/observe", content=one, headers=kind) for one in sent]

    answers = run(server, talk)
    assert [one.status_code for one in answers] == [200, 200, 413, *[400] * 5]
    counts = [(one.json()["taken"], one.json()["refused"]) for one in answers[:2]]
    assert counts == [(2, 2), (0, 2)]
    assert server.intake.monitor.evidence.predictions == 2


def test_inputs_and_labels_come_in_the_same_forms(tmp_path):
    known = learn_inputs(np.random.default_rng(0).normal(size=(3000, 2)))
    watched = replace(BASELINE, inputs=known, wrong=0.01)
    server = MonitorServer(Intake(watched, tmp_path / "state", [].append), TOKEN)
    rows = [{"class": "stop", "features": [0.0, 99.0], "id": str(k)} for k in range(40)]
    labels = [{"id": str(k), "label": "80"} for k in range(40)]
    columns = {"class": [None] * 40, "id": [str(k) for k in range(40)], "label": ["80"] * 40}

    async def talk(client):
        lines = "\n".join(map(json.dumps, rows))
        odd = {"class": "stop", "features": {"a": []}, "id": 10**300, "label": [[]]}
        return [
            (await client.post("/v1/observe", content=lines, headers=LINES)).json(),
            (await client.post("/v1/observe", json=labels)).json(),
            (await client.post("/v1/observe", json=columns)).json(),
            (await client.post("/v1/observe", json=odd)).json(),
        ]

    first, late, again, odd = run(server, talk)
    assert (first["taken"], late["taken"], late["refused"]) == (40, 0, 0)
    assert "inputs far" in first["alerts"][0]
    assert "wrong answers" in late["alerts"][0]
    assert (again["refused"], again["alerts"]) == (0, [])
    assert (odd["taken"], odd["alerts"]) == (1, [])
    signals = server.intake.monitor.signals
    assert signals.answers.unknown == 40
    assert signals.refused["no features"] == 1
    server.intake.close()


def test_a_retry_is_answered_alike_and_counts_once(server):
    async def talk(client):
        send = {"json": [{"class": "80"}] * 50, "headers": {"idempotency-key": "b1"}}
        return [(await client.post("/v1/observe", **send)).json() for _ in range(2)]

    first, second = run(server, talk)
    assert first["alerts"]
    assert "at most one false alarm" in first["alerts"][0]
    assert (second["taken"], second["again"], second["alerts"]) == (50, True, [])
    assert server.intake.monitor.evidence.predictions == 50
    assert len(server.told) == 1


def test_nothing_is_said_without_the_token(server):
    async def talk(client):
        found = {}
        for path in ("/v1/status", "/v1/state", "/metrics", "/v1/observe", "/nowhere"):
            for given in ("", "Bearer wrong", f"Bearer {TOKEN}x", TOKEN):
                answer = await client.get(path, headers={"authorization": given})
                found[path, given] = answer.status_code
        pages = [
            (await client.get(path, headers={"authorization": ""})) for path in ("/", "/healthz")
        ]
        return found, pages

    found, pages = run(server, talk)
    assert set(found.values()) == {401}
    assert [one.status_code for one in pages] == [200, 200]
    assert "signs" not in pages[0].text
    assert "default-src 'none'" in pages[0].headers["content-security-policy"]


def test_another_page_of_a_browser_is_refused(server):
    server.token = ""

    async def talk(client):
        found = []
        for headers in (
            {"origin": "http://evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"host": "evil.example:8410"},
            {},
        ):
            answer = await client.post("/v1/observe", json=[{"class": "stop"}], headers=headers)
            found.append(answer.status_code)
        return found

    assert run(server, talk) == [403, 403, 421, 200]


def test_who_sends_too_fast_is_told_to_come_again(server, monkeypatch):
    monkeypatch.setattr(monitoring, "MOST_WAITING", 4)

    async def talk(client):
        send = [client.post("/v1/observe", json=[{"class": "stop"}]) for _ in range(60)]
        return await asyncio.gather(*send)

    answers = run(server, talk)
    taken = [one for one in answers if one.status_code == 200]
    busy = [one for one in answers if one.status_code == 503]
    assert len(taken) + len(busy) == 60
    assert busy
    assert {one.headers["retry-after"] for one in busy} == {"1"}
    assert server.intake.monitor.evidence.predictions == len(taken)


def test_what_prometheus_reads(server):
    async def talk(client):
        await client.post("/v1/observe", json=[{"class": "80"}] * 50 + [{"class": None}])
        return (await client.get("/metrics")).text, (await client.get("/v1/status")).json()

    text, status = run(server, talk)
    assert "bezoar_monitor_predictions_total 50\n" in text
    assert 'bezoar_monitor_refused_total{why="no class"} 1\n' in text
    assert 'bezoar_monitor_class_alarm{model="signs",class="80"} 1\n' in text
    for line in text.splitlines():
        assert line.startswith("# ") or float(line.rpartition(" ")[2]) >= 0
    assert status["alarms"] == 1
    assert status["shown"][0]["class"] == "80"


BODIES = (
    b"",
    b"\xff\xfe\x00",
    b"[",
    b"[" * 100_000,
    b'{"class": ["a"], "confidence": [1, 2]}',
    b'{"class": [], "time": {}}',
    b'{"class": "' + b"x" * (7 << 20) + b'"}',
    b"9" * 5_000,
    b'[{"class": "stop", "time": 1e999, "confidence": NaN}]',
)
VALUES = (
    None, True, -1, 2, 1e308, float("nan"), float("-inf"), 10**400, "", "x" * 2000, "0.5", [], {},
    [[]], "\ud800", "\x00", "80", "stop", "1970-01-01", "9999-99-99", -1e18,
)  # fmt: skip


def test_ten_thousand_hostile_observations_are_counted_and_refused(server):
    """Each row is either taken or refused; the good ones among them all count."""
    draw = random.Random(7)  # noqa: S311 - which rows are drawn is no secret
    counts = {"sent": 0, "answered": 0}

    async def talk(client):
        for number in range(200):
            rows = [
                {name: draw.choice(VALUES) for name in ("class", "confidence", "time", "site")}
                for _ in range(50)
            ] + [{"class": "stop", "confidence": 0.5}]
            rows += draw.choices(["text", 7, None, []], k=2)
            text = "\n".join(json.dumps(row) for row in rows) + '\n{"class": "st'
            answer = await client.post("/v1/observe", content=text, headers=LINES)
            assert answer.status_code == 200
            found = answer.json()
            counts["sent"] += len(rows) + 1
            counts["answered"] += found["taken"] + found["refused"]
            assert found["taken"] >= 1
            if number % 20 == 0:
                for body in BODIES:
                    kind = draw.choice(["application/json", "application/x-ndjson", "text/plain"])
                    answer = await client.post(
                        "/v1/observe", content=body, headers={"content-type": kind}
                    )
                    assert answer.status_code in (200, 400, 413, 415)
        huge = await client.post("/v1/observe", content=b"x" * (MOST_BYTES + 1), headers=LINES)
        assert huge.status_code == 413

        async def endless():
            for _ in range(20):
                yield b"x" * (1 << 20)

        assert (
            await client.post("/v1/observe", content=endless(), headers=LINES)
        ).status_code == 413
        return (await client.get("/metrics")).status_code

    assert run(server, talk) == 200
    assert counts["sent"] == counts["answered"] > 10_000
    monitor = server.intake.monitor
    assert monitor.position == monitor.evidence.predictions + monitor.refused.total()


def test_the_rollback_wants_a_token_of_its_own(server, tmp_path):
    other = "another-token-of-enough-length"

    async def talk(client):
        found = []
        for token in (TOKEN, "", f"{other}x", other):
            headers = {"authorization": f"Bearer {token}"}
            answer = await client.post("/rollback", json={"model": "signs"}, headers=headers)
            found.append(answer.status_code)
        return found

    assert run(server, talk) == [403, 401, 401, 401], "none is set: refused, whoever asks"
    server.rollback = rollback_app(Project(tmp_path), other).routes
    assert run(server, talk) == [401, 401, 401, 400], "the observers' token does not do"
    assert server.refused == {403: 1, 401: 6, 400: 1}
