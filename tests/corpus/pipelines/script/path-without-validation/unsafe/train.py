"""Train the sign classifier."""

import argparse
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

DATA = Path("data")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("models/signs.joblib"))
    options = parser.parse_args()
    path = DATA / "signs" / "train.csv"
    table = pd.read_csv(path)
    model = LogisticRegression(max_iter=500)
    model.fit(table.drop(columns="label"), table["label"])
    joblib.dump(model, options.out)


if __name__ == "__main__":
    main()
