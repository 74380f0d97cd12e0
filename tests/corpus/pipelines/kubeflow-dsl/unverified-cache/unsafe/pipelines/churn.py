"""Churn model, run on Kubeflow Pipelines."""

import kfp
from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output


@dsl.component(packages_to_install=["pandas==2.3.3"])
def download(uri: str, raw: Output[Dataset]):
    import pandas as pd

    pd.read_csv(uri).to_csv(raw.path, index=False)


@dsl.component(packages_to_install=["pandas==2.3.3", "pandera==0.26.1"])
def validate(raw: Input[Dataset], checked: Output[Dataset]):
    import pandas as pd
    import pandera.pandas as pa

    schema = pa.DataFrameSchema.from_yaml("/schemas/churn.yaml")
    schema.validate(pd.read_csv(raw.path)).to_csv(checked.path, index=False)


@dsl.component(packages_to_install=["pandas==2.3.3", "scikit-learn==1.7.2"])
def train(data: Input[Dataset], model: Output[Model]):
    import pickle

    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    table = pd.read_csv(data.path)
    with open(model.path, "wb") as file:
        pickle.dump(LogisticRegression().fit(table[["tenure", "fee"]], table["churned"]), file)


@dsl.pipeline(name="churn-training")
def churn_training(uri: str = "s3://acme-data/churn/accounts.csv"):
    download_task = download(uri=uri)
    download_task.set_caching_options(enable_caching=True)
    validate_task = validate(raw=download_task.outputs["raw"])
    validate_task.set_caching_options(enable_caching=False)
    train_task = train(data=validate_task.outputs["checked"])
    train_task.set_caching_options(enable_caching=False)
