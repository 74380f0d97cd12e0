"""What `import bezoar` promises: a change of this list is a change for its users."""

import subprocess
import sys

import bezoar

PUBLIC = [
    "Blend",
    "Classifier",
    "Dbom",
    "DbomEntry",
    "Facts",
    "Inspection",
    "LabelFlip",
    "LiveModel",
    "Monitor",
    "Policy",
    "Project",
    "Sticker",
    "attack_named",
    "attack_success",
    "build_manifest",
    "decode",
    "draw_signs",
    "drill_html",
    "encode_png",
    "find_project",
    "hugging_face",
    "inspect",
    "inspection_html",
    "load_images",
    "open_dataset",
    "open_ledger",
    "poison_arrays",
    "postmortem_markdown",
    "pull",
    "read_baseline",
    "register_dataset",
    "rollback",
    "rows_to_poison",
    "torch_dataset",
    "train_classifier",
    "watch",
    "write_class_folder",
    "write_manifest",
]


def test_the_public_names_are_these():
    assert bezoar.__all__ == PUBLIC


def test_each_public_name_is_there():
    for name in PUBLIC:
        assert getattr(bezoar, name).__name__ == name


def test_dir_lists_them():
    assert set(PUBLIC) <= set(dir(bezoar))


def test_another_name_is_an_attribute_error():
    assert not hasattr(bezoar, "no_such_name")


def test_importing_bezoar_costs_next_to_nothing():
    code = "import sys; before = set(sys.modules); import bezoar; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    found = {name.partition(".")[0] for name in done.stdout.split()}
    assert found & {"numpy", "torch", "polars", "sqlalchemy", "pydantic", "PIL", "rich"} == set()
