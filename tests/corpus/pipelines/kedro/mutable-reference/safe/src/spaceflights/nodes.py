import pandas as pd
import pandera.pandas as pa
from sklearn.ensemble import RandomForestRegressor


class Shuttles(pa.DataFrameModel):
    engines: int = pa.Field(ge=1)
    price: float = pa.Field(gt=0)


def check_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    return Shuttles.validate(shuttles)


def train(table: pd.DataFrame) -> RandomForestRegressor:
    return RandomForestRegressor().fit(table[["engines"]], table["price"])
