"""Live models under watch: same answers, same attributes, and no fault of ours breaks one."""

import pickle

import numpy as np
import pytest

from bezoar.core.errors import UsageError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.monitor import Monitor
from bezoar.limit.watching import watch

NAMES = ["stop", "80"]


def monitor():
    return Monitor(known_baseline("signs", {"stop": 0.99, "80": 0.01}))


def seen(watcher):
    return watcher.evidence.predictions


def test_a_torch_module_stays_what_it_is():
    torch = pytest.importorskip("torch")
    module, watcher, alerts = torch.nn.Linear(2, 2).eval(), monitor(), []
    inputs = torch.randn(60, 2)
    want = module(inputs)
    assert watch(module, watcher, classes=NAMES, alerted=alerts.append) is module
    assert torch.equal(module(inputs), want)
    assert seen(watcher) == 60
    with torch.no_grad():
        module.bias += torch.tensor([-100.0, 100.0])
    module(inputs)
    assert [one.class_ for one in alerts] == ["80"]
    module.train()(inputs)
    assert seen(watcher) == 120, "training is no production"


def test_an_estimator_answers_as_before():
    linear = pytest.importorskip("sklearn.linear_model")
    base = pytest.importorskip("sklearn.base")
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(40, 2))
    plain = linear.LogisticRegression().fit(inputs, np.where(inputs[:, 0] > 0, "80", "stop"))
    watcher = monitor()
    live = watch(plain, watcher)
    assert isinstance(live, linear.LogisticRegression)
    assert live.get_params() == plain.get_params()
    assert np.array_equal(live.coef_, plain.coef_)
    assert np.array_equal(live.predict(inputs), plain.predict(inputs))
    assert seen(watcher) == 40
    assert np.array_equal(live.predict_proba(inputs), plain.predict_proba(inputs))
    assert seen(watcher) == 80
    # It calls for predict_proba within: that is one prediction.
    live.predict_log_proba(inputs)
    assert live.score(inputs, plain.predict(inputs)) == 1.0
    before = seen(watcher)
    base.clone(live).fit(inputs, inputs[:, 0] > 0).predict(inputs)
    assert seen(watcher) == before
    copy = pickle.loads(pickle.dumps(live))  # noqa: S301 - what was pickled in this very line
    assert type(copy) is linear.LogisticRegression


def test_an_onnx_session_answers_as_before():
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    tensor = onnx.helper.make_tensor_value_info
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Softmax", ["x"], ["y"])],
        "g",
        [tensor("x", kind, [None, 2])],
        [tensor("y", kind, [None, 2])],
    )
    opset = onnx.helper.make_opsetid("", 13)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    plain = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    watcher = monitor()
    live = watch(plain, watcher, classes=NAMES)
    inputs = {"x": np.eye(2, dtype=np.float32)}
    assert np.array_equal(live.run(None, inputs)[0], plain.run(None, inputs)[0])
    assert isinstance(live, onnxruntime.InferenceSession)
    assert live.get_inputs()[0].name == "x"
    assert seen(watcher) == 2
    assert watcher.evidence.events.sum() == 2


def test_a_pyfunc_answers_as_before():
    pyfunc = pytest.importorskip("mlflow.pyfunc")

    class Signs:
        def predict(self, inputs):
            return ["80" if value else "stop" for value in inputs]

    models = pytest.importorskip("mlflow.models")
    meta = models.Model()
    meta.add_flavor("python_function", loader_module="none")
    plain = pyfunc.PyFuncModel(meta, Signs())
    watcher = monitor()
    live = watch(plain, watcher)
    assert isinstance(live, pyfunc.PyFuncModel)
    assert live.metadata is plain.metadata
    assert live.predict([0, 1, 1]) == plain.predict([0, 1, 1])
    assert seen(watcher) == 3


@pytest.mark.parametrize("strict", [False, True])
def test_a_fault_of_the_monitoring_breaks_nothing_unless_asked(strict):
    torch = pytest.importorskip("torch")
    module, watcher = torch.nn.Linear(2, 3).eval(), monitor()
    watch(module, watcher, classes=NAMES, strict=strict)
    if strict:
        with pytest.raises(ValueError, match="3 scores for 2 classes"):
            module(torch.zeros(1, 2))
        return
    assert module(torch.zeros(1, 2)).shape == (1, 3)
    assert watcher.refused["not watched"] == 1


def test_what_cannot_be_watched_says_what_to_do():
    with pytest.raises(UsageError, match=r"cannot watch a builtins\.dict"):
        watch({}, monitor())
