import pandas as pd
import pandera.pandas as pa
from flytekit import task, workflow
from sklearn.linear_model import LogisticRegression

IMAGE = "registry.acme.internal/fraud:v1"


@task(container_image=IMAGE)
def load() -> pd.DataFrame:
    return pa.DataFrameSchema({"amount": pa.Column(float)}).validate(pd.read_parquet("s3://acme-data/fraud/2026-11-01.parquet"))


@task(container_image=IMAGE)
def train(table: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(table[["amount"]], table["fraud"])


@workflow
def fraud() -> LogisticRegression:
    return train(table=load())
