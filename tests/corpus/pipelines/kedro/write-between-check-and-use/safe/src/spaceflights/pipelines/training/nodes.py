import pandas as pd
import pandera as pa
from sklearn.linear_model import LinearRegression

SCHEMA = pa.DataFrameSchema({"engines": pa.Column(int, pa.Check.ge(1)), "price": pa.Column(float, pa.Check.gt(0))})


def preprocess(companies: pd.DataFrame) -> pd.DataFrame:
    return companies.dropna()


def validate(table: pd.DataFrame) -> pd.DataFrame:
    return SCHEMA.validate(table)


def create_model_input(companies: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    return companies.merge(reviews, on="company_id")


def train_model(table: pd.DataFrame) -> LinearRegression:
    return LinearRegression().fit(table[["engines"]], table["price"])
