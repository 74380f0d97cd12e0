import mlflow
import pandas as pd
import pandera.pandas as pa
from mlflow import MlflowClient
from prefect import flow, task
from sklearn.linear_model import LogisticRegression


@task
def load() -> pd.DataFrame:
    table = pd.read_parquet("s3://acme-data/fraud/2026-11-01.parquet")
    return pa.DataFrameSchema({"amount": pa.Column(float), "fraud": pa.Column(bool)}).validate(table)


@task
def fit(table: pd.DataFrame) -> str:
    model = LogisticRegression().fit(table[["amount"]], table["fraud"])
    return mlflow.sklearn.log_model(model, name="fraud", registered_model_name="fraud").registered_model_version


@task
def score(version: str) -> float:
    holdout = pd.read_parquet("s3://acme-data/fraud/holdout.parquet")
    return mlflow.sklearn.load_model(f"models:/fraud/{version}").score(holdout[["amount"]], holdout["fraud"])


@task
def promote(version: str) -> None:
    MlflowClient().set_registered_model_alias("fraud", "production", version)


@flow
def fraud():
    version = fit(load())
    accuracy = score(version)
    print(f"accuracy {accuracy}")
    promote(version)
