"""Churn model: ingest, prepare, validate, train."""

from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Model, Output

IMAGE = "registry.acme.internal/ml/base@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b"


@dsl.component(base_image=IMAGE)
def ingest(uri: str, raw: Output[Dataset]):
    import pandas as pd

    pd.read_parquet(uri).to_parquet(raw.path)


@dsl.component(base_image=IMAGE)
def validate(data: Input[Dataset]):
    import pandas as pd
    import pandera as pa

    schema = pa.DataFrameSchema({"tenure": pa.Column(int, pa.Check.ge(0)), "churned": pa.Column(bool)})
    schema.validate(pd.read_parquet(data.path))


@dsl.component(base_image=IMAGE)
def enrich(data: Input[Dataset], enriched: Output[Dataset]):
    import pandas as pd

    table = pd.read_parquet(data.path)
    extra = pd.read_parquet("s3://acme-features/accounts/2026-11-01.parquet")
    table.merge(extra, on="account").to_parquet(enriched.path)


@dsl.component(base_image=IMAGE)
def train(data: Input[Dataset], model: Output[Model]):
    import joblib
    import pandas as pd
    from sklearn.ensemble import GradientBoostingClassifier

    table = pd.read_parquet(data.path)
    fitted = GradientBoostingClassifier().fit(table.drop(columns="churned"), table["churned"])
    joblib.dump(fitted, model.path)


@dsl.pipeline(name="churn")
def churn(uri: str = "s3://acme-data/churn/2026-11-01.parquet"):
    raw = ingest(uri=uri).set_caching_options(False)
    enriched = enrich(data=raw.outputs["raw"]).set_caching_options(False)
    checked = validate(data=enriched.outputs["enriched"]).set_caching_options(False)
    train(data=enriched.outputs["enriched"]).set_caching_options(False).after(checked)


if __name__ == "__main__":
    compiler.Compiler().compile(churn, "churn.yaml")
