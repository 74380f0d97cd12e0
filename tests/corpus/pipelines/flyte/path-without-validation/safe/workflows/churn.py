import pandas as pd
import pandera.pandas as pa
from flytekit import ImageSpec, task, workflow
from sklearn.linear_model import LogisticRegression


@task
def load() -> pd.DataFrame:
    return pd.read_parquet("s3://acme-data/churn/2026-11-01.parquet")


@task
def validate(table: pd.DataFrame) -> pd.DataFrame:
    return pa.DataFrameSchema({"fee": pa.Column(float), "churned": pa.Column(bool)}).validate(table)


@task
def train(table: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(table[["fee"]], table["churned"])


@workflow
def churn() -> LogisticRegression:
    return train(table=validate(table=load()))
