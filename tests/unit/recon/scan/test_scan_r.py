"""What an R or R Markdown file fetches."""

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.fetch import Checksum, Context, Fetch
from bezoar.recon.scan.r import may_fetch, read

DIGEST = "9f86d081884c7d659a2feaa0c55ad015"


def fetches(text: str, path: str = "a.R") -> list[Fetch]:
    return list(read(text, path, Context()))


@pytest.mark.parametrize(
    ("text", "loader", "uri"),
    [
        ('download.file("https://x.edu/a.csv", "a")', "download.file", "https://x.edu/a.csv"),
        ("download.file(url='https://x.edu/a.csv')", "download.file", "https://x.edu/a.csv"),
        ('u <- "https://x.edu"\nread.csv(paste0(u, "/a.csv"))', "read.csv", "https://x.edu/a.csv"),
        ('"https://x.edu" -> u\nread.csv(paste0(u, "/a.csv"))', "read.csv", "https://x.edu/a.csv"),
        (
            'f <- function() {\n"https://x.edu/a.csv" ->> u\n}\nread.csv(u)',
            "read.csv",
            "https://x.edu/a.csv",
        ),
        ('readr::read_csv("https://x.edu/a.csv")', "readr::read_csv", "https://x.edu/a.csv"),
        ('data.table::fread("https://x.edu/a.csv")', "data.table::fread", "https://x.edu/a.csv"),
        ('readRDS(url("https://x.edu/a.rds"))', "readRDS", "https://x.edu/a.rds"),
        ('GET("https://x.edu/a", write_disk("a"))', "GET", "https://x.edu/a"),
        ("library(keras)\ndataset_mnist()", "dataset_mnist", "keras:dataset_mnist"),
        ("keras::application_vgg16()", "keras::application_vgg16", "keras:application_vgg16"),
        (
            "library(torchvision)\nmnist_dataset('d', download = TRUE)",
            "mnist_dataset",
            "torchvision:mnist_dataset",
        ),
        ('hfhub::hub_download("o/n", "f")', "hfhub::hub_download", "hf:o/n"),
        (
            'piggyback::pb_download("f", repo = "o/n")',
            "piggyback::pb_download",
            "https://github.com/o/n/releases",
        ),
        ('system("wget https://x.edu/a.csv")', "wget", "https://x.edu/a.csv"),
        ('system2("wget", c("-q", "https://x.edu/a.csv"))', "wget", "https://x.edu/a.csv"),
    ],
)
def test_a_call_names_its_source(text, loader, uri):
    found = fetches(text)
    assert [(fetch.loader, fetch.uri) for fetch in found] == [(loader, uri)]
    assert may_fetch(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        'read.csv("local.csv")',
        '# read.csv("https://x.edu/a.csv")',
        "x <- \"read.csv('https://x.edu/a.csv')\"",
        'GET("https://api.x.edu/v1/status")',
        "dataset_mnist()",
        "library(keras)\napplication_vgg16(weights = NULL)",
        "library(torchvision)\nmnist_dataset('d')",
        'install.packages("x", repos = "https://cran.r-project.org")',
        'source("https://x.edu/a.R")',
    ],
)
def test_local_files_comments_and_programs_are_no_fetch(text):
    assert fetches(text) == []


def test_a_digest_in_the_call_pins():
    text = f'library(keras)\nget_file("f", origin = "https://x.edu/w.h5", file_hash = "{DIGEST}")'
    assert (fetches(text)[0].pin, fetches(text)[0].checksum) == (Pin.HASH, Checksum.CALL)


def test_only_the_chunks_of_a_markdown_file_are_read():
    text = (
        'Read `read.csv("https://x.edu/no.csv")`.\n\n```r\nread.csv("https://x.edu/shown.csv")\n```\n'
        '```{r setup}\nread.csv("https://x.edu/a.csv")\n```\n'
        "```{bash}\nwget https://x.edu/b.csv\n```\n"
    )
    found = [(fetch.line, fetch.uri) for fetch in fetches(text, "a.Rmd")]
    assert found == [(7, "https://x.edu/a.csv"), (10, "https://x.edu/b.csv")]
