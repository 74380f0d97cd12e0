import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from zenml import Model, get_step_context, pipeline, step
from zenml.enums import ModelStages


@step(enable_cache=False)
def load() -> pd.DataFrame:
    return pd.read_parquet("s3://acme-data/churn/2026-11-01.parquet")


@step(enable_cache=False)
def check(data: pd.DataFrame) -> pd.DataFrame:
    import dataframely as dy

    class Churn(dy.Schema):
        fee = dy.Float64(nullable=False, min=0)
        churned = dy.Bool(nullable=False)

    return Churn.validate(data)


@step(enable_cache=False)
def train(data: pd.DataFrame) -> ClassifierMixin:
    return RandomForestClassifier().fit(data[["fee"]], data["churned"])


@step(enable_cache=False)
def evaluate(model: ClassifierMixin) -> float:
    holdout = pd.read_parquet("s3://acme-data/churn/holdout-2026.parquet")
    return model.score(holdout[["fee"]], holdout["churned"])


@step(enable_cache=False)
def promote(accuracy: float) -> None:
    if accuracy < 0.9:
        raise RuntimeError("not good enough")
    get_step_context().model.set_stage(ModelStages.PRODUCTION, force=True)


@pipeline(model=Model(name="churn"))
def churn():
    model = train(check(load()))
    promote(evaluate(model))
