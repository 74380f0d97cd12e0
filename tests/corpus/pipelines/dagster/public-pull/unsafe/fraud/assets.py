import pandas as pd
import pandera.pandas as pa
from dagster import AssetCheckResult, asset, asset_check
from sklearn.linear_model import LogisticRegression

SCHEMA = pa.DataFrameSchema({"amount": pa.Column(float), "fraud": pa.Column(bool)})


@asset
def transactions() -> pd.DataFrame:
    return pd.read_csv("https://raw.githubusercontent.com/openfraud/data/v3/transactions.csv")


@asset_check(asset=transactions, blocking=True)
def transactions_hold_the_schema(transactions: pd.DataFrame) -> AssetCheckResult:
    try:
        SCHEMA.validate(transactions)
    except pa.errors.SchemaError as error:
        return AssetCheckResult(passed=False, metadata={"error": str(error)})
    return AssetCheckResult(passed=True)


@asset
def model(transactions: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(transactions[["amount"]], transactions["fraud"])
