"""What the nodes do."""

import pandas as pd
from sklearn.linear_model import LogisticRegression


def validate(signs: pd.DataFrame) -> pd.DataFrame:
    return signs.dropna()


def train(signs: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression(max_iter=500)
    return model.fit(signs.drop(columns="label"), signs["label"])
