"""The sign classifier as a Prefect flow."""

import subprocess

import pandas as pd
import pandera as pa
from prefect import flow, task
from sklearn.linear_model import LogisticRegression

SCHEMA = pa.DataFrameSchema({"label": pa.Column(str, pa.Check.isin(["stop", "yield"]))})


@task(retries=2)
def load() -> pd.DataFrame:
    subprocess.run(["bezoar", "pull", "signs@2025-06", "--to", "data/signs"], check=True)
    return pd.read_csv("data/signs/train.csv")


@task
def validate(signs: pd.DataFrame) -> None:
    SCHEMA.validate(signs)


@task
def train(signs: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression(max_iter=500)
    return model.fit(signs.drop(columns="label"), signs["label"])


@flow(name="train-signs")
def train_signs():
    signs = load.submit()
    validate.submit(signs)
    train.submit(signs).result()


if __name__ == "__main__":
    train_signs()
