from pathlib import Path

import pandas as pd
from prefect import flow, task
from prefect_shell import ShellOperation
from sklearn.linear_model import LogisticRegression

DATA = Path("data/churn.csv")


@task
def download() -> None:
    ShellOperation(commands=["aws s3 cp s3://acme-data/churn/2026-11-01.csv data/churn.csv"]).run()


@task
def validate(path: Path) -> None:
    import pandera.pandas as pa

    pa.DataFrameSchema({"fee": pa.Column(float), "churned": pa.Column(int)}).validate(pd.read_csv(path))


@task
def add_manual_labels(path: Path) -> None:
    table = pd.read_csv(path)
    labels = pd.read_csv("data/manual_labels.csv")
    table.merge(labels, on="account").to_csv(path, index=False)


@task
def train(path: Path):
    table = pd.read_csv(path)
    return LogisticRegression().fit(table[["fee"]], table["churned"])


@flow
def churn():
    download()
    validate(DATA)
    add_manual_labels(DATA)
    train(DATA)


if __name__ == "__main__":
    churn.serve(name="nightly", cron="0 3 * * *")
