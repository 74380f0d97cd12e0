"""The signs as Dagster assets."""

import pandas as pd
from dagster import Definitions, asset
from sklearn.linear_model import LogisticRegression

MIRROR = "s3://acme-mirror/signs/3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e/train.csv"


@asset
def signs() -> pd.DataFrame:
    return pd.read_csv(MIRROR)


@asset
def classifier(signs: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression(max_iter=500)
    return model.fit(signs.drop(columns="label"), signs["label"])


definitions = Definitions(assets=[signs, classifier])
