"""Readers (one file per layout), the sample table, the manifest, the DBOM.

Open a dataset with `bezoar.datasets.opening.open_dataset`; read its pictures with
`bezoar.datasets.images.load_images`; pin its bytes with `bezoar.datasets.manifest`.
Nothing is imported here: `verify` needs few of these files and must start fast.
"""
