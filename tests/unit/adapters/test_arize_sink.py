"""Arize: its own client sends to a local server; where there is none, a fake stands for it."""

import inspect
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from bezoar.adapters.arize import ArizeSink
from bezoar.adapters.predictions import SinkRefusedError, Window
from bezoar.core.errors import BezoarError, UsageError

pytest.importorskip("pandas")


def window(**changes):
    fields = {
        "first": 3,
        "classes": ["80", "stop"],
        "confidences": np.array([0.9, np.nan]),
        "seconds": np.array([time.time() - 60, time.time()]),
        "columns": {"camera": ["front", "x" * 500]},
    }
    return Window(**(fields | changes))


class FakeLog:
    """As ArizeClient.ml: its signature is held against the real one below."""

    def __init__(self):
        self.calls, self.fault = [], None

    def log(
        self,
        *,
        space_id,
        model_name,
        model_type,
        dataframe,
        schema,
        environment,
        model_version="",
        batch_id="",
        validate=True,
        metrics_validation=None,
        surrogate_explainability=False,
        timeout=None,
        tmp_dir="",
    ):
        if self.fault is not None:
            raise self.fault
        self.calls.append(
            SimpleNamespace(**{name: value for name, value in locals().items() if name != "self"})
        )


class FakeSchema(SimpleNamespace):
    """As arize.ml.types.Schema, as far as it is used."""

    def __init__(
        self,
        prediction_id_column_name=None,
        tag_column_names=None,
        timestamp_column_name=None,
        prediction_label_column_name=None,
        prediction_score_column_name=None,
    ):
        super().__init__(**{name: value for name, value in locals().items() if name != "self"})


@pytest.fixture
def client(monkeypatch):
    """A client of a module that stands for arize."""
    arize, ml, types = (ModuleType(name) for name in ("arize", "arize.ml", "arize.ml.types"))
    types.ModelTypes = SimpleNamespace(SCORE_CATEGORICAL="categorical")
    types.Environments = SimpleNamespace(PRODUCTION="production")
    types.Schema, ml.types = FakeSchema, types
    made = SimpleNamespace(ml=FakeLog())
    arize.ArizeClient, arize.ml = lambda: made, ml
    for module in (arize, ml, types):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


def test_each_prediction_goes_with_its_time_its_score_and_its_stratum(client, monkeypatch):
    monkeypatch.setenv("ARIZE_API_KEY", "key")
    sink = ArizeSink("space", "signs")
    sent = window()
    sink.send(sent)
    sink.send(window())
    first, again = client.ml.calls
    assert (first.space_id, first.model_name, first.model_version) == (
        "space",
        "signs",
        "unversioned",
    )
    assert (first.model_type, first.environment) == ("categorical", "production")
    assert 0 < first.timeout <= 60
    table, schema = first.dataframe, first.schema
    assert table[schema.prediction_label_column_name].tolist() == ["80", "stop"]
    assert table[schema.timestamp_column_name].tolist() == sent.seconds.astype(int).tolist()
    assert table[schema.prediction_score_column_name].tolist()[0] == 0.9
    assert schema.tag_column_names == ["stratum_camera"]
    assert table["stratum_camera"].tolist() == ["front", "x" * 100]
    ids = table[schema.prediction_id_column_name].tolist()
    assert len(set(ids)) == 2
    assert again.dataframe[schema.prediction_id_column_name].tolist() == ids, "a retry is known"
    other = ArizeSink("space", "signs")
    other.send(window())
    assert not set(client.ml.calls[-1].dataframe["prediction_id"]) & set(ids)
    sink.close()


def test_without_confidences_and_strata_there_are_no_columns_for_them(client):
    ArizeSink("space", "signs", lambda: "7", client).send(
        window(confidences=np.full(2, np.nan), columns={})
    )
    (call,) = client.ml.calls
    assert call.model_version == "7"
    assert call.schema.prediction_score_column_name is None
    assert call.schema.tag_column_names is None
    assert len(call.dataframe.columns) == 3


def test_a_clock_that_is_off_does_not_have_the_whole_window_refused(client):
    ArizeSink("space", "signs", lambda: "7", client).send(window(seconds=np.array([0.0, 9e11])))
    times = client.ml.calls[0].dataframe["timestamp"]
    assert (abs(times - time.time()) < 60).all()


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (401, True), (422, True), (429, False), (503, False)]
)
def test_what_it_refuses_for_good_is_told_apart(client, status, final):
    class APIError(Exception):
        status_code = status

    client.ml.fault = APIError("the server's words")
    sink = ArizeSink("space", "signs", lambda: "7", client)
    with pytest.raises(SinkRefusedError if final else APIError):
        sink.send(window())


def test_what_its_client_finds_invalid_is_refused_for_good(client):
    class ValidationFailure(Exception):  # noqa: N818 - the client's own name
        errors = ("bad",)

    client.ml.fault = ValidationFailure("bad")
    with pytest.raises(SinkRefusedError, match="refuses the window"):
        ArizeSink("space", "signs", lambda: "7", client).send(window())


def test_what_is_missing_is_said_with_what_mends_it(client, monkeypatch):
    monkeypatch.delenv("ARIZE_API_KEY", raising=False)
    with pytest.raises(UsageError, match="ARIZE_API_KEY"):
        ArizeSink("space", "signs")
    with pytest.raises(UsageError, match="arize:SPACE_ID"):
        ArizeSink("", "signs", lambda: "7", client)
    monkeypatch.setitem(sys.modules, "arize", None)
    with pytest.raises(BezoarError, match="not installed") as caught:
        ArizeSink("space", "signs", lambda: "7", client)
    assert caught.value.next == "pip install 'bezoar[arize]'"


def test_the_fakes_are_called_as_the_real_ones_are():
    real = pytest.importorskip("arize.ml.client").MLModelsClient.log
    types = pytest.importorskip("arize.ml.types")
    assert list(inspect.signature(FakeLog.log).parameters) == list(
        inspect.signature(real).parameters
    )
    known = set(inspect.signature(types.Schema).parameters)
    assert set(inspect.signature(FakeSchema).parameters) <= known
    assert types.ModelTypes.SCORE_CATEGORICAL
    assert types.Environments.PRODUCTION


@pytest.fixture
def service():
    """A server in Arize's place: keeps what comes, answers with `status`."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.got.append((self.path, dict(self.headers), body))
            self.send_response(self.server.status)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.got, server.status = [], 200
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def test_the_real_client_sends_a_window_in_one_request(service):
    arize = pytest.importorskip("arize")
    ipc = pytest.importorskip("pyarrow.ipc")
    client = arize.ArizeClient(
        api_key="key", api_scheme="http", api_host="127.0.0.1", api_port=service.server_port
    )
    sink = ArizeSink("space", "signs", client=client)
    sink.send(window())
    ((path, headers, body),) = service.got
    assert path == "/v1/pandas_arrow"
    assert headers["arize-space-id"] == "space"
    assert headers["authorization"] == "key"
    rows = ipc.open_stream(body).read_all().to_pylist()
    assert [row["prediction"] for row in rows] == ["80", "stop"]
    assert rows[0]["confidence"] == 0.9
    assert rows[0]["stratum_camera"] == "front"
    service.status = 401
    with pytest.raises(SinkRefusedError, match="key or the space"):
        sink.send(window())
    service.status = 503
    with pytest.raises(Exception, match="503"):
        sink.send(window())
