"""The sign classifier as a ZenML pipeline."""

import subprocess

import pandas as pd
import pandera as pa
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from zenml import pipeline, step

SCHEMA = pa.DataFrameSchema({"label": pa.Column(str, pa.Check.isin(["stop", "yield"]))})


@step(enable_cache=False)
def load() -> pd.DataFrame:
    subprocess.run(["bezoar", "pull", "signs@2025-06", "--to", "data/signs"], check=True)
    return pd.read_csv("data/signs/train.csv")


@step
def validate(signs: pd.DataFrame) -> pd.DataFrame:
    SCHEMA.validate(signs)
    return signs


@step
def train(signs: pd.DataFrame) -> ClassifierMixin:
    model = LogisticRegression(max_iter=500)
    model.fit(signs.drop(columns="label"), signs["label"])
    return model


@pipeline
def train_signs():
    signs = load()
    checked = validate(signs)
    train(checked)


if __name__ == "__main__":
    train_signs()
