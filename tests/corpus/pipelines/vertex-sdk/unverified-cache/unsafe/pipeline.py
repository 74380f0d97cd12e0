from google.cloud import aiplatform
from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Model, Output


@dsl.component(packages_to_install=["pandas==2.3.3", "pyarrow==21.0.0"])
def extract(table: str, data: Output[Dataset]):
    import pandas as pd

    pd.read_gbq(f"SELECT * FROM `{table}`").to_parquet(data.path)


@dsl.component(packages_to_install=["pandas==2.3.3", "pandera==0.26.1"])
def check(data: Input[Dataset], checked: Output[Dataset]):
    import pandas as pd
    import pandera.pandas as pa

    pa.DataFrameSchema({"amount": pa.Column(float, pa.Check.ge(0))}).validate(pd.read_parquet(data.path)).to_parquet(checked.path)


@dsl.component(packages_to_install=["pandas==2.3.3", "scikit-learn==1.7.2"])
def train(data: Input[Dataset], model: Output[Model]):
    import joblib
    import pandas as pd
    from sklearn.ensemble import IsolationForest

    joblib.dump(IsolationForest().fit(pd.read_parquet(data.path)), model.path)


@dsl.pipeline(name="fraud")
def fraud():
    data = extract(table="acme.fraud.transactions")
    checked = check(data=data.outputs["data"])
    train(data=checked.outputs["checked"])


compiler.Compiler().compile(fraud, "fraud.yaml")
aiplatform.PipelineJob(display_name="fraud", template_path="fraud.yaml", enable_caching=True).submit()
