from metaflow import FlowSpec, kubernetes, step


class FraudFlow(FlowSpec):
    @step
    def start(self):
        import pandas as pd
        import pandera.pandas as pa

        self.table = pd.read_parquet("s3://acme-data/fraud/2026-11-01.parquet")
        pa.DataFrameSchema({"amount": pa.Column(float), "fraud": pa.Column(bool)}).validate(self.table)
        self.next(self.train)

    @step
    def train(self):
        import pandas as pd
        from sklearn.ensemble import RandomForestClassifier

        self.model = RandomForestClassifier().fit(self.table[["amount"]], self.table["fraud"])
        holdout = pd.read_parquet("s3://acme-data/fraud/holdout.parquet")
        self.accuracy = self.model.score(holdout[["amount"]], holdout["fraud"])
        self.next(self.deploy)

    @step
    def deploy(self):
        from mlflow import MlflowClient

        if self.accuracy < 0.9:
            raise ValueError(f"accuracy {self.accuracy} is too low")
        MlflowClient().set_registered_model_alias("fraud", "champion", "latest")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FraudFlow()
