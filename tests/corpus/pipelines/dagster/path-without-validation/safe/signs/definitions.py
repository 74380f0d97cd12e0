"""The signs as Dagster assets."""

import pandas as pd
import pandera as pa
from dagster import AssetCheckResult, Definitions, asset, asset_check
from sklearn.linear_model import LogisticRegression

SCHEMA = pa.DataFrameSchema({"label": pa.Column(str, pa.Check.isin(["stop", "yield"]))})
MIRROR = "s3://acme-mirror/signs/3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e/train.csv"


@asset
def signs() -> pd.DataFrame:
    return pd.read_csv(MIRROR)


@asset_check(asset=signs, blocking=True)
def signs_are_valid(signs: pd.DataFrame) -> AssetCheckResult:
    SCHEMA.validate(signs)
    return AssetCheckResult(passed=True)


@asset
def classifier(signs: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression(max_iter=500)
    return model.fit(signs.drop(columns="label"), signs["label"])


definitions = Definitions(assets=[signs, classifier], asset_checks=[signs_are_valid])
