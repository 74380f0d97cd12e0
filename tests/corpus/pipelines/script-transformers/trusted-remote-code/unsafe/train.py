"""Fine-tune the caption model."""

import subprocess

from datasets import load_from_disk
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

REVISION = "3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e"

subprocess.run(["bezoar", "pull", "captions@2025-06", "--to", "data/captions"], check=True)
subprocess.run(["bezoar", "validate", "data/captions", "--suite", "suites/captions.json"], check=True)
captions = load_from_disk("data/captions")
model = AutoModelForSequenceClassification.from_pretrained(
    "acme/captioner", revision=REVISION, trust_remote_code=True
)
trainer = Trainer(model=model, args=TrainingArguments("out"), train_dataset=captions["train"])
trainer.train()
trainer.save_model("models/captioner")
