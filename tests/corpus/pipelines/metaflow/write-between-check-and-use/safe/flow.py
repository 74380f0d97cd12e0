from metaflow import FlowSpec, Parameter, step


class ChurnFlow(FlowSpec):
    """Train the churn model."""

    uri = Parameter("uri", default="s3://acme-data/churn/2026-11-01.parquet")

    @step
    def start(self):
        import pandas as pd

        self.table = pd.read_parquet(self.uri)
        self.next(self.impute)

    @step
    def impute(self):
        import pandas as pd

        corrections = pd.read_parquet("s3://acme-data/churn/corrections.parquet")
        self.table = pd.concat([self.table, corrections])
        self.next(self.validate)

    @step
    def validate(self):
        import pandera.pandas as pa

        schema = pa.DataFrameSchema({"fee": pa.Column(float), "churned": pa.Column(int)})
        schema.validate(self.table)
        self.next(self.train)

    @step
    def train(self):
        from sklearn.linear_model import LogisticRegression

        self.model = LogisticRegression().fit(self.table[["fee"]], self.table["churned"])
        self.next(self.end)

    @step
    def end(self):
        print(self.model)


if __name__ == "__main__":
    ChurnFlow()
