"""A small data set under review."""

from dataset_layouts import four_files, write_files

from bezoar.datasets.manifest import build_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.recon.spot_check.drawing import Plan
from bezoar.recon.spot_check.review import Review
from bezoar.recon.spot_check.sampling import Sampling


def signs(folder, files=None):
    """Return a dataset of class folders and its manifest."""
    dataset = open_dataset(write_files(folder / "signs", files or four_files()))
    return dataset, build_manifest(dataset)


def review(folder, plan=None, files=None):
    dataset, manifest = signs(folder, files)
    plan = plan or Plan(Sampling.UNIFORM, 3, seed=1)
    return Review("signs@1.0", dataset, manifest, plan, folder / "reviews")
