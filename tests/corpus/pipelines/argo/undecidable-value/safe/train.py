"""Train the sign classifier."""

import argparse
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("model.joblib"))
    options = parser.parse_args()
    table = pd.read_csv(options.data / "train.csv")
    model = LogisticRegression(max_iter=500)
    model.fit(table.drop(columns="label"), table["label"])
    joblib.dump(model, options.out)


if __name__ == "__main__":
    main()
