"""What the nodes do."""

import pandas as pd
import pandera as pa
from sklearn.linear_model import LogisticRegression

SCHEMA = pa.DataFrameSchema({"label": pa.Column(str, pa.Check.isin(["stop", "yield"]))})


def validate(signs: pd.DataFrame) -> pd.DataFrame:
    return SCHEMA.validate(signs)


def train(signs: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression(max_iter=500)
    return model.fit(signs.drop(columns="label"), signs["label"])
