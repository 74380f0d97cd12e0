"""Train the sign classifier."""

import argparse
import sys
from pathlib import Path

import great_expectations as gx
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

DATA = Path("data")


def is_valid(path: Path) -> bool:
    """Say whether the table is what it should be."""
    context = gx.get_context(mode="file")
    result = context.checkpoints.get("signs").run(batch_parameters={"path": str(path)})
    return result.success


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("models/signs.joblib"))
    options = parser.parse_args()
    path = DATA / "signs" / "train.csv"
    if not is_valid(path):
        sys.exit("the signs are not what they should be")
    table = pd.read_csv(path)
    model = LogisticRegression(max_iter=500)
    model.fit(table.drop(columns="label"), table["label"])
    joblib.dump(model, options.out)


if __name__ == "__main__":
    main()
