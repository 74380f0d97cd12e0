from datetime import timedelta

import pandas as pd
import pandera.pandas as pa
from prefect import flow, task
from sklearn.linear_model import LogisticRegression


@task(retries=2)
def load(uri: str) -> pd.DataFrame:
    return pd.read_parquet(uri)


@task
def check(table: pd.DataFrame) -> pd.DataFrame:
    return pa.DataFrameSchema({"amount": pa.Column(float)}).validate(table)


@task
def fit(table: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(table[["amount"]], table["fraud"])


@flow
def fraud(uri: str = "s3://acme-data/fraud/month.parquet"):
    fit(check(load(uri)))
