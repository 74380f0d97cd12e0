import pandas as pd
import pandera.pandas as pa
from dagster import In, Nothing, Out, job, op
from sklearn.linear_model import LogisticRegression

SCHEMA = pa.DataFrameSchema({"fee": pa.Column(float, pa.Check.ge(0)), "churned": pa.Column(bool)})


@op
def load() -> pd.DataFrame:
    return pd.read_parquet("s3://acme-data/churn/2026-11-01.parquet")


@op
def check(table: pd.DataFrame) -> pd.DataFrame:
    return SCHEMA.validate(table)


@op
def add_feedback(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, pd.read_parquet("s3://acme-data/feedback/2026-11-01.parquet")])


@op
def train(table: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(table[["fee"]], table["churned"])


@job
def churn():
    train(add_feedback(check(load())))
