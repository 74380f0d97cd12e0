from metaflow import FlowSpec, S3, conda_base, schedule, step


@schedule(daily=True)
@conda_base(python="3.11", libraries={"pandas": "2.3.3", "xgboost": "3.0.5"})
class ChurnFlow(FlowSpec):
    @step
    def start(self):
        import pandas as pd

        with S3() as s3:
            self.table = pd.read_csv(s3.get("s3://acme-data/churn/2026-11-01.csv").path)
        self.next(self.train)

    @step
    def train(self):
        import xgboost as xgb

        matrix = xgb.DMatrix(self.table.drop(columns="churned"), label=self.table["churned"])
        self.booster = xgb.train({"objective": "binary:logistic"}, matrix)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ChurnFlow()
