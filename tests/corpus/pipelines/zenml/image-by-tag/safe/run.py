import pandas as pd
import pandera.pandas as pa
from sklearn.base import ClassifierMixin
from sklearn.svm import SVC
from zenml import pipeline, step
from zenml.config import DockerSettings

docker = DockerSettings(parent_image="registry.acme.internal/zenml@sha256:7c1e5b9a30d2f4861e7a9c0b5d3f2e1a4b6c8d0e2f4a6b8c0d1e3f5a7b9c1d3e", requirements=["pandera==0.26.1"])


@step(enable_cache=False)
def load() -> pd.DataFrame:
    return pd.read_csv("s3://acme-data/fraud/2026-11-01.csv")


@step(enable_cache=False)
def check(data: pd.DataFrame) -> pd.DataFrame:
    return pa.DataFrameSchema({"amount": pa.Column(float)}).validate(data)


@step(enable_cache=False)
def train(data: pd.DataFrame) -> ClassifierMixin:
    return SVC().fit(data[["amount"]], data["fraud"])


@pipeline(settings={"docker": docker})
def fraud() -> None:
    train(check(load()))
