from metaflow import FlowSpec, step


class FraudFlow(FlowSpec):
    @step
    def start(self):
        import pandas as pd

        self.table = pd.read_csv("https://openml.example.com/fraud.csv")
        self.next(self.check)

    @step
    def check(self):
        from pointblank import Validate

        Validate(self.table).col_vals_gt("amount", 0).interrogate().assert_passing()
        self.next(self.train)

    @step
    def train(self):
        from sklearn.linear_model import SGDClassifier

        self.model = SGDClassifier().fit(self.table[["amount"]], self.table["fraud"])
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FraudFlow()
