"""The page of a profile in a real browser: names run nothing, it fits a phone and a desk."""

import numpy as np
import polars as pl
import pytest
from devtools import CHROMIUM, Browser

from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, schema
from bezoar.evaluate.profile.comparison import compare
from bezoar.evaluate.profile.profiling import profile_table
from bezoar.evaluate.profile.reading import Columns
from bezoar.evaluate.profile.roles import Kind
from bezoar.report.profile_html import profile_html

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")

HOSTILE = "<script>document.title='hit'</script><img src='http://192.0.2.1/x' onerror='alert(1)'>"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


def pictures(name, count):
    random = np.random.default_rng(count)
    rows = [
        {
            "path": f"{label}/{number}{name}.png",
            "label": label,
            "sha256": bytes([number]) * 32 if number < 3 else random.bytes(32),
            "outcome": "decoded",
            "width": 32,
            "height": 32,
            "uploader": name,
            "brightness": float(random.normal()) + (label == name) * 4,
            "near_dup_group": 1 if number < 9 else None,
        }
        for label in (name, "go")
        for number in range(count)
    ]
    frame = pl.DataFrame(rows, schema=schema(IMAGE_COLUMNS), strict=False)
    return Columns(frame.lazy(), Kind.IMAGES, "label")


def page(name):
    old, new = pictures("stop", 60), pictures(name, 80)
    found, compared = profile_table(new), compare(old, new, name)
    return profile_html(found, compared, name, lambda _: np.zeros((32, 32, 3), np.uint8))


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("name", ["80", HOSTILE, "W" * 300, "شارع" * 30, "\u202egnp"])
def test_it_fits_and_runs_nothing(chromium, tmp_path, width, name):
    path = tmp_path / "page.html"
    path.write_text(page(name), encoding="utf-8")
    chromium.events.clear()
    chromium.size(width, 900)
    chromium.open(path.as_uri())
    chromium.wait("document.readyState == 'complete' && !!document.querySelector('footer')")
    chromium.look("document.querySelectorAll('details').forEach(one => one.open = true)")
    edge = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert chromium.look(edge) == 0
    assert chromium.look("document.title").startswith("Profile of ")
    assert chromium.complaints() == []
    assert {one.split(":")[0] for one in chromium.asked()} <= {"file", "data"}


def test_ten_thousand_classes_stay_below_five_megabytes():
    labels = [f"class {number % 10_000} {'x' * 100}" for number in range(30_000)]
    table = pl.DataFrame({"label": labels, **{f"c{n}": range(30_000) for n in range(40)}})
    columns = Columns(table.lazy(), Kind.TABULAR, "label")
    assert len(profile_html(profile_table(columns), None, "x", lambda _: None).encode()) < 5e6
