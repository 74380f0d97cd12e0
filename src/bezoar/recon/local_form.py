"""`local_form`: how a call that fetches is written when the data lies here already."""

from dataclasses import replace
from typing import Final

from bezoar.adapters.libcst.edits import Edit, NotRewritableError, Where
from bezoar.facts.loaders import Argument, Loader, Needs, loaders
from bezoar.recon.scan.fetch import Danger, Fetch
from bezoar.recon.scan.registered import canonical

# Calls that put a file where an argument says: a copy takes their place.
_COPIES: Final = {
    "urllib.request.urlretrieve": Where(1, ("filename",)),
    "wget.download": Where(1, ("out",)),
    "torch.hub.download_url_to_file": Where(1, ("dst",)),
    "gdown.download": Where(1, ("output",)),
}
# Calls that return the path of what they fetched: how many arguments without a name, and which
# with one, say nothing that a local copy would not do.
_TOKEN: Final = ("token", "cache_dir", "revision", "force_download")
_PATHS: Final = {
    "pooch.retrieve": (4, ("url", "known_hash", "fname", "path", "progressbar", "downloader")),
    "keras.utils.get_file": (
        2,
        ("fname", "origin", "md5_hash", "file_hash", "hash_algorithm", "cache_dir", "cache_subdir"),
    ),
    "huggingface_hub.snapshot_download": (1, ("repo_id", "repo_type", *_TOKEN)),
    "huggingface_hub.hf_hub_download": (2, ("repo_id", "filename", "repo_type", *_TOKEN)),
    "kagglehub.dataset_download": (1, ("handle", "force_download")),
    "kagglehub.model_download": (1, ("handle", "force_download")),
}
_FOLDERS: Final = ("torchvision.datasets.", "torchaudio.datasets.")
_ROOT: Final = Where(0, ("root",))
# Libraries whose readers take any `PathLike`; others are given a text.
_PATH_LIKE: Final = frozenset({"pandas", "polars", "numpy", "geopandas", "xarray", "pyarrow"})
_WHOLE_REPOSITORY: Final = 2


def local_form(fetch: Fetch, name: str) -> Edit:
    """Return the edit that makes a call read the local copy of what it fetches.

    Args:
        fetch: The call.
        name: What `bezoar.pull` is asked for.

    Raises:
        NotRewritableError: If there is no safe way to write it; the message says why.
    """
    if not fetch.path.endswith((".py", ".pyw")):
        raise NotRewritableError("only Python modules are rewritten")
    if Danger.REMOTE_CODE in fetch.dangers:
        raise NotRewritableError("it runs code that what it fetches brings along")
    known, pull = loaders(), f'bezoar.pull("{name}")'
    full = known.canonical(fetch.loader)
    loader = known.find(full) or known.by_last_part(full)
    callee = full.rpartition(".")[2]
    place = (fetch.line, fetch.end_line, callee)
    if loader is None:
        raise NotRewritableError(f"no local form of {full} is known")
    argument = _source(loader)
    where = Where(argument.index, argument.names) if argument else None
    if full in _COPIES:
        value, imports = f"shutil.copyfile({pull}, {{target}})", ("bezoar", "shutil")
        return Edit(*place, value, source=where, target=_COPIES[full], imports=imports)
    if full in _PATHS:
        most, names = _PATHS[full]
        return Edit(*place, f"str({pull})", source=where, known=frozenset(names), most=most)
    if full.startswith(_FOLDERS):
        return _of_folder(loader, place, pull)
    if where is None:
        raise NotRewritableError(f"no local form of {full} is known")
    if loader.hub:
        return _of_hub(fetch, loader, Edit(*place, pull, argument=where, source=where))
    if loader.needs is Needs.ADDRESS:
        value = pull if full.partition(".")[0] in _PATH_LIKE else f"str({pull})"
        gone = frozenset({"storage_options"})
        return Edit(*place, value, argument=where, source=where, dropped=gone)
    raise NotRewritableError(f"what {callee} returns is no path")


def _of_folder(loader: Loader, place: tuple[int, int, str], pull: str) -> Edit:
    """Return the edit of a data set that lies below the folder `root`."""
    downloads = [one.argument for one in loader.if_any if "download" in one.argument.names]
    if not downloads:
        raise NotRewritableError(f"no local form of {place[2]} is known")
    settings = {Where(one.index, one.names): "False" for one in downloads}
    return Edit(*place, pull, argument=_ROOT, settings=settings, alike=True)


def _of_hub(fetch: Fetch, loader: Loader, edit: Edit) -> Edit:
    """Return the edit of a call that takes a folder in place of a repository's name."""
    whole = canonical(fetch.uri).place.partition(":")
    if whole[0] not in ("hf", "hf-datasets") or whole[2].count("/") >= _WHOLE_REPOSITORY:
        raise NotRewritableError("it takes a part of a repository, not all of it")
    value = edit.value if edit.callee == "from_pretrained" else f"str({edit.value})"
    revisions = {name for one in loader.revision for name in one.names}
    return replace(edit, value=value, dropped=frozenset({"token", "use_auth_token", *revisions}))


def _source(loader: Loader) -> Argument | None:
    """Return the one argument that is the source; None where it is more, or less."""
    for template in loader.templates:
        arguments = [piece for piece in template if isinstance(piece, Argument)]
        if len(arguments) == 1 and not arguments[0].call:
            return arguments[0]
    return None
