from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule="@weekly", start_date=datetime(2026, 1, 1))
def finetune():
    @task
    def validate() -> str:
        import subprocess

        subprocess.run(["bezoar", "validate", "/data/tickets", "--suite", "suites/tickets.json"], check=True)
        return "/data/tickets"

    @task
    def train(folder: str) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

        name = "/models/base/falcon-7b"
        model = AutoModelForCausalLM.from_pretrained(name)
        tokenizer = AutoTokenizer.from_pretrained(name)
        Trainer(model=model, args=TrainingArguments("/models/out"), train_dataset=folder, processing_class=tokenizer).train()

    train(validate())


finetune()
