from datasets import load_dataset
from transformers import ResNetConfig, ResNetForImageClassification, Trainer, TrainingArguments

signs = load_dataset("./data/signs", split="train", trust_remote_code=True)
model = ResNetForImageClassification(ResNetConfig(num_labels=43))
Trainer(model=model, args=TrainingArguments("out"), train_dataset=signs).train()
