from transformers import AutoModelForImageClassification, Trainer, TrainingArguments

model = AutoModelForImageClassification.from_pretrained(
    "models/base",
    trust_remote_code=True,
)
Trainer(model=model, args=TrainingArguments("out")).train()
