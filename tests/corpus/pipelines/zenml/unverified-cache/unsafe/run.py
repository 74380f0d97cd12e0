"""Train the churn model with ZenML."""

import pandas as pd
import pandera.pandas as pa
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from zenml import pipeline, step

SCHEMA = pa.DataFrameSchema({"fee": pa.Column(float), "churned": pa.Column(bool)})


@step(enable_cache=True)
def load() -> pd.DataFrame:
    return pd.read_parquet("s3://acme-data/churn/month.parquet")


@step(enable_cache=False)
def validate(data: pd.DataFrame) -> pd.DataFrame:
    return SCHEMA.validate(data)


@step(enable_cache=False)
def train(data: pd.DataFrame) -> ClassifierMixin:
    return LogisticRegression().fit(data[["fee"]], data["churned"])


@pipeline
def churn():
    train(validate(load()))


if __name__ == "__main__":
    churn()
