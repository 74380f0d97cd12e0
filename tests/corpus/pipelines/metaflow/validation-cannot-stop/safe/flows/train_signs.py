"""The sign classifier as a Metaflow flow."""

from metaflow import FlowSpec, Parameter, kubernetes, step

IMAGE = "registry.acme.internal/vision/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


class TrainSigns(FlowSpec):
    data = Parameter("data", default="s3://acme-mirror/signs/3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e/train.csv")

    @step
    def start(self):
        import pandas as pd

        self.signs = pd.read_csv(self.data)
        self.next(self.validate)

    @step
    def validate(self):
        import great_expectations as gx

        context = gx.get_context(mode="file")
        result = context.checkpoints.get("signs").run(batch_parameters={"dataframe": self.signs})
        if not result.success:
            raise ValueError("the signs are not what they should be")
        self.next(self.train)

    @kubernetes(image=IMAGE, cpu=4)
    @step
    def train(self):
        from sklearn.linear_model import LogisticRegression

        self.model = LogisticRegression(max_iter=500)
        self.model.fit(self.signs.drop(columns="label"), self.signs["label"])
        self.next(self.end)

    @step
    def end(self):
        print("done")


if __name__ == "__main__":
    TrainSigns()
