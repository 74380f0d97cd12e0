import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from report_scene import DELTA, DRILL, inspection, pictures

from bezoar.core.errors import BezoarError
from bezoar.core.outcome import Outcome, Status
from bezoar.core.policy import Policy, Verdict
from bezoar.expose.inspection import Group, Inspection
from bezoar.report.html import inspection_html
from bezoar.report.postmortem import drill_html, postmortem_markdown
from bezoar.report.wording import Step

HOSTILE = {
    "script": "<script>document.title='hit'</script>",
    "attribute": "\" onerror=\"document.title='hit'\" x='",
    "template": "{{ 7*7 }}{% raw %}",
    "address": "</style><img src=http://127.0.0.1:9/x>",
    "bidi": "\u202egnp.exe\u2066",
    "controls": "\x00\x1b[31m\n\r\t",
    "long": "W" * 10_000,
    "empty": "",
    "entities": "&lt;script&gt;&#60;",
}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "footer", "main", "section"),
    *("article", "h1", "h2", "h3", "h4", "p", "span", "bdi", "strong", "br", "div", "code"),
    *("dl", "dt", "dd", "ul", "ol", "li", "figure", "figcaption", "img", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "defs", "pattern", "rect", "circle", "polygon", "path", "line", "text", "image"),
}


class Page(HTMLParser):
    """What a page holds: tags, attributes, headings, text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def assert_harmless(html):
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= TAGS
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            assert attributes.get(name, "data:image/png;base64,").startswith(
                "data:image/png;base64,"
            )
        assert tag != "img" or attributes["alt"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", html)
    return page


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_what_an_attacker_writes_stays_text(name):
    found, picture = inspection(
        label=name, alike=name or "Stop", name="{:03}" + name.replace("{", "{{").replace("}", "}}")
    )
    settings = {name: name, "nested": {name: name}}
    found = Inspection(
        name,
        name,
        found.table,
        found.outcomes,
        Verdict(found.verdict.decision, (name,)),
        found.groups,
        1.0,
        settings,
    )
    drill = {
        **DRILL,
        "scenario": name,
        "stage": name,
        "verdict": name,
        "missed": [name],
        "report": name,
        "timeline": [{"t_s": 1, "what": name}],
        "next": name,
    }
    for html in (
        inspection_html(found, picture, steps=[Step(name, name)], made={name: name}),
        drill_html(drill, found, picture),
    ):
        page = assert_harmless(html)
        assert len(html.encode()) < 1_000_000
        if 0 < len(name) < 60 and name.isprintable():
            assert name in page.text
    markdown = postmortem_markdown(drill)
    assert not re.search(r"(?<![\\`])<", re.sub(r"`+ ?.*?`+", "", markdown))


def test_the_style_is_the_one_that_the_policy_allows():
    html = inspection_html(*inspection())
    page = Page(html)
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{digest}'"
    )
    assert html.index("Content-Security-Policy") < html.index("<title>")


def test_the_page_answers_in_order():
    page = assert_harmless(inspection_html(*inspection()))
    questions = [
        "May I train on this? Not yet.",
        "12 of 120 samples are flagged",
        "What should I look at first?",
        "12 samples labelled “Speed limit 80” that look like “Stop”",
        "They share a mark at the top right",
        "How are the scores spread?",
        "What else is worth a look?",
        "What was not checked?",
        "it ran out of memory",
        "Known limits",
        "How was this made?",
        "versions torch",
    ]
    places = [page.text.index(question) for question in questions]
    assert places == sorted(places)
    assert page.text.count("bezoar clean signs@2") == 2  # on top, and beside the group


def test_the_same_inspection_gives_the_same_page():
    assert inspection_html(*inspection()) == inspection_html(*inspection())


def test_headings_skip_no_level_and_there_is_one_title():
    for html in (inspection_html(*inspection()), drill_html(DRILL, *inspection())):
        levels = [int(tag[1]) for tag, _ in Page(html).elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_a_reader_without_eyes_is_told_what_is_drawn():
    page = Page(inspection_html(*inspection()))
    for drawing in page.all("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")
    chart = next(a["aria-label"] for a in page.all("div") if a.get("role") == "img")
    assert re.fullmatch(
        r"Histogram\. 48 not flagged, from .* to .*; 12 flagged, from .* to .*", chart
    )
    assert all(heading.get("scope") for heading in page.all("th"))


def test_a_page_of_a_large_set_stays_below_5_mb():
    rng = np.random.default_rng(0)
    count, long = 20_000, "x" * 1000
    paths = [f"{n:05}{long}" for n in range(count)]
    labels = [f"{n % 40}{long}" for n in range(count)]
    table = pl.DataFrame(
        {
            "path": paths,
            "label": labels,
            "score": rng.normal(size=count),
            "flagged": np.arange(count) < 500,
            "resembles": labels[::-1],
            "margin": rng.normal(size=count),
        }
    )
    groups = tuple(
        Group("BZ501", labels[c], labels[c + 1], tuple(paths[c:500:20]), 500.0, 300.0)
        for c in range(20)
    )
    noise = rng.integers(0, 256, (8, 120, 120, 3), np.uint8)  # noise is what PNG cannot shrink
    base, _ = inspection()
    outcomes = base.outcomes + tuple(Outcome(DELTA, Status.SKIPPED, reason=long) for _ in range(50))
    found = Inspection("big", None, table, outcomes, Policy().decide(outcomes), groups, 1.0, {})
    html = inspection_html(found, lambda name: noise[int(name[:5]) % 8])
    assert 2_000_000 < len(html.encode()) < 5_000_000
    page = assert_harmless(html)
    assert "left out to keep this file below 5 MB" in page.text
    assert "and 1 more" in page.text


@pytest.mark.parametrize(
    "broken",
    [
        OSError("cut"),
        ValueError("no PNG"),
        KeyError("gone"),
        BezoarError("too large"),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float64),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=repr,
)
def test_a_picture_that_cannot_be_read_is_said_and_no_crash(broken):
    def picture(_name):
        if isinstance(broken, Exception):
            raise broken
        return broken

    found, _ = inspection()
    page = assert_harmless(inspection_html(found, picture))
    assert "There are too few pictures" in page.text
    assert re.search(r"\d+ pictures could not be shown", page.text)


def test_pictures_of_all_sizes_are_compared():
    found, picture = inspection()
    small, large = pictures(1, side=16)[0], pictures(1, side=128)[0]
    page = assert_harmless(
        inspection_html(
            found,
            lambda name: {"signs/001.png": small, "signs/070.png": large}.get(name, picture(name)),
        )
    )
    assert "64 by 64 pixels" in page.text


def test_a_set_with_odd_scores_and_labels_is_shown():
    found, picture = inspection(count=20, flagged=2)
    odd = found.table.with_columns(
        score=pl.Series([None, float("nan"), float("inf"), *[1.0] * 17]),
        label=pl.Series([None, *["a"] * 19]),
        resembles=pl.lit(None, pl.String),
    )
    group = Group("BZ999", "gone", None, ("nowhere", *odd["path"][:2]), float("nan"), 3.0)
    shown = Inspection("odd", "old@1", odd, (), Policy().decide(()), (group,), 0.1)
    page = assert_harmless(inspection_html(shown, picture))
    assert "Not decided." in page.text
    assert "old@1" in page.text


def test_an_empty_set_is_shown():
    found, picture = inspection()
    empty = Inspection("none", None, found.table.head(0), (), Policy().decide(()), (), 0.0)
    page = assert_harmless(inspection_html(empty, picture))
    assert "There was no sample to look at." in page.text
    assert "No sample has a score." in page.text


def test_a_clean_set_is_called_clean_but_not_more_than_was_checked():
    found, picture = inspection(flagged=0)
    outcomes = found.outcomes[:4]
    clean = Inspection("signs", None, found.table, outcomes, Policy().decide(outcomes), (), 1.0)
    page = assert_harmless(inspection_html(clean, picture))
    assert "Yes. Nothing that was checked speaks against it." in page.text
    assert "Of 4 checks: 1 skipped, 1 not applicable." in page.text
    assert "Nothing was flagged, and no check found anything." in page.text


def test_a_command_that_is_too_long_to_show_is_not_cut():
    found, picture = inspection()
    page = Page(inspection_html(found, picture, steps=[Step("", "bezoar " + "x" * 5000)]))
    assert "bezoar xx" not in page.text
    assert "a command of 5,007 characters" in page.text


def test_the_drill_stands_before_the_inspection():
    page = assert_harmless(drill_html(DRILL, *inspection()))
    places = [page.text.index(part) for part in ("would we notice?", "Noticed.", "93.1%", "May I")]
    assert places == sorted(places)
    missed = {**DRILL, "noticed": False, "attack_success_after": None}
    assert "Missed." in Page(drill_html(missed, *inspection())).text
