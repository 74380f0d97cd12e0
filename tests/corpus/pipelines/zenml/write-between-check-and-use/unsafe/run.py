from typing import Annotated

import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataSummaryPreset
from sklearn.base import ClassifierMixin
from sklearn.svm import SVC
from zenml import pipeline, step


@step(enable_cache=False)
def load() -> Annotated[pd.DataFrame, "raw"]:
    return pd.read_csv("s3://acme-data/fraud/2026-11-01.csv")


@step(enable_cache=False)
def add_chargebacks(data: pd.DataFrame) -> Annotated[pd.DataFrame, "joined"]:
    return data.merge(pd.read_csv("s3://acme-data/chargebacks/2026-11-01.csv"), on="transaction")


@step(enable_cache=False)
def check(data: pd.DataFrame) -> Annotated[pd.DataFrame, "checked"]:
    report = Report([DataSummaryPreset()], include_tests=True).run(Dataset.from_pandas(data), None)
    failed = [one for one in report.dict()["tests"] if one["status"] == "FAIL"]
    if failed:
        raise ValueError(f"{len(failed)} tests failed")
    return data


@step(enable_cache=False)
def train(data: pd.DataFrame) -> ClassifierMixin:
    return SVC().fit(data[["amount"]], data["fraud"])


@pipeline
def fraud() -> None:
    checked = check(load())
    train(add_chargebacks(checked))


if __name__ == "__main__":
    fraud()
