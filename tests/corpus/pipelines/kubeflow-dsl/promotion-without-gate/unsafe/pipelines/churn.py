from kfp import dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output

BASE = "registry.acme.internal/ml/sklearn@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b"


@dsl.component(base_image=BASE)
def load_data(data: Output[Dataset]):
    import shutil

    shutil.copy("/mnt/lake/churn/2026-11-01.csv", data.path)


@dsl.component(base_image=BASE)
def validate_data(data: Input[Dataset]) -> bool:
    import great_expectations as gx

    context = gx.get_context(mode="file")
    result = context.checkpoints.get("churn").run(batch_parameters={"path": data.path})
    if not result.success:
        raise RuntimeError("the data does not meet its expectations")
    return True


@dsl.component(base_image=BASE)
def train_model(data: Input[Dataset], model: Output[Model]):
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    table = pd.read_csv(data.path)
    joblib.dump(RandomForestClassifier().fit(table.iloc[:, :-1], table.iloc[:, -1]), model.path)


@dsl.component(base_image=BASE)
def evaluate_model(model: Input[Model], metrics: Output[Metrics]) -> float:
    import joblib
    import pandas as pd

    table = pd.read_csv("/mnt/lake/churn/holdout-2026-10.csv")
    score = joblib.load(model.path).score(table.iloc[:, :-1], table.iloc[:, -1])
    metrics.log_metric("accuracy", score)
    return score


@dsl.component(base_image=BASE)
def deploy_model(model: Input[Model]):
    from kserve import KServeClient

    KServeClient().replace("churn", {"spec": {"predictor": {"sklearn": {"storageUri": model.uri}}}})


@dsl.pipeline(name="churn", description="Trains and deploys the churn model")
def churn_pipeline():
    data = load_data().set_caching_options(False)
    check = validate_data(data=data.output).set_caching_options(False)
    model = train_model(data=data.output).after(check).set_caching_options(False)
    score = evaluate_model(model=model.output).set_caching_options(False)
    deploy_model(model=model.output).set_caching_options(False)
