"""Train the sign classifier with the TaskFlow API."""

from datetime import datetime

import pandas as pd
from airflow.decorators import dag, task


@task
def extract() -> str:
    import subprocess

    subprocess.run(["bezoar", "pull", "signs@2025-06", "--to", "/data/signs"], check=True)
    return "/data/signs/train.csv"


@task(retries=0)
def validate(path: str) -> str:
    import pandera as pa

    schema = pa.DataFrameSchema({"label": pa.Column(str, pa.Check.isin(["stop", "yield"]))})
    schema.validate(pd.read_csv(path))
    return path


@task
def train(path: str) -> None:
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    table = pd.read_csv(path)
    model = RandomForestClassifier()
    model.fit(table.drop(columns="label"), table["label"])
    joblib.dump(model, "/models/signs.joblib")


@dag(schedule="@daily", start_date=datetime(2025, 6, 1), catchup=False)
def train_signs():
    path = extract()
    checked = validate(path)
    train(checked)


train_signs()
