"""Drawings of journeys: nothing overlaps, arrows lead down, and names stay names."""

import random
import re
import time
from html import unescape
from itertools import combinations

import pytest

from bezoar.report.journey_drawing import NARROW, WIDE, Station, Way, picture
from bezoar.report.journey_figures import FIGURES_SHOWN, NODES_SHOWN, figures
from bezoar.report.journey_layers import acyclic, layers
from bezoar.report.journey_layout import layout
from bezoar.report.journey_mermaid import MOST_ARROWS, mermaid
from bezoar.report.journey_shapes import outline
from bezoar.report.page import environment

KINDS = ("source", "fetch", "store", "transform", "validate", "train", "gate", "register", "deploy")
SMALL = (
    [Station("source", "https://a/b.zip"), Station("store", "data"), Station("train", "train.py")],
    [Way(0, 1, ("public pull", "no hash")), Way(1, 2)],
)


def graph(nodes, seed):
    """Return a graph of pipelines side by side that join, with a cycle now and then."""
    chance = random.Random(seed)  # noqa: S311 - nothing here is secret
    edges = {(chance.randrange(max(0, n - 9), n), n) for n in range(1, nodes)}
    edges |= {(chance.randrange(nodes), chance.randrange(nodes)) for _ in range(nodes // 6)}
    return sorted((start, end) for start, end in edges if start != end)


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("across", [2, 4])
@pytest.mark.parametrize("nodes", [3, 60])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_overlaps_and_every_arrow_touches_its_boxes(nodes, seed, across):
    edges = graph(nodes, seed)
    labels = [
        (110.0, 24.0) if seed == 0 or number % 4 == seed else None for number in range(len(edges))
    ]
    laid = layout([(158.0, 46.0)] * nodes, edges, labels, across)
    marks = [arrow.label for arrow in laid.arrows if arrow.label]
    assert len(marks) == sum(label is not None for label in labels)
    for one, other in combinations([*laid.boxes, *marks], 2):
        assert not overlap(one, other)
    for box in [*laid.boxes, *marks]:
        assert box.x >= 0
        assert box.x + box.width <= laid.width
        assert box.y + box.height <= laid.height
    for (start, end), arrow in zip(edges, laid.arrows, strict=True):
        for node, (x, y) in ((start, arrow.points[0]), (end, arrow.points[-1])):
            box = laid.boxes[node]
            assert box.x <= x <= box.x + box.width
            assert y in (box.y, round(box.y + box.height, 1))


def test_arrows_lead_down_and_only_what_closes_a_circle_leads_up():
    edges = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 3)]
    assert acyclic(4, edges) == [False, False, True, False, True]
    laid = layout([(100.0, 40.0)] * 4, edges[:4], [None] * 4, 4)
    down = [arrow.points[0][1] < arrow.points[-1][1] for arrow in laid.arrows]
    assert down == [True, True, False, True]


def test_no_layer_holds_more_than_fit_beside_one_another():
    edges = [(0, n) for n in range(1, 20)]
    found = layers(20, edges, [1] * 19, 4)
    assert max(found.count(layer) for layer in found) == 4
    assert all(found[end] > found[start] for start, end in edges)


def test_a_source_stands_right_above_what_first_needs_it():
    edges = [(0, 1), (1, 2), (2, 3), (4, 3)]
    assert layers(5, edges, [1] * 4, 4) == [0, 1, 2, 3, 2]


def test_words_fit_their_box():
    faults = ("not validated", "no version", "W" * 60, "no hash")
    drawn = picture(
        [Station("store", "x", faults), Station("train", "y")], [Way(0, 1, faults)], WIDE
    )
    for sign in (drawn.shapes[0].sign, drawn.curves[0].sign):
        assert [line.text for line in sign.lines][3] == "and 1 more"
        for line in sign.lines:
            assert line.x + 7 * len(line.text) <= sign.box.x + sign.box.width
            assert sign.box.y < line.y < sign.box.y + sign.box.height


@pytest.mark.parametrize("form", [WIDE, NARROW])
@pytest.mark.parametrize(
    "name", ["", " ", "x", "W" * 500, "a b c " * 50, "ش" * 300, "\x1b[31m\u202e"]
)
def test_any_name_is_two_lines_at_most(form, name):
    (shape,) = picture([Station("source", name)], [], form).shapes
    assert 1 <= len(shape.lines) <= 2
    assert all(
        line.text.isprintable() and 7.3 * len(line.text) < form.width for line in shape.lines
    )


def test_each_kind_has_an_outline_of_its_own():
    box = layout([(100.0, 40.0)], [], [], 1).boxes[0]
    paths = [outline(kind, box) for kind in KINDS]
    assert len(set(paths)) == len(KINDS) - 1  # what fetches is a step like any that transforms
    assert outline("unheard of", box) == outline("other", box)


def test_unsafe_is_said_by_shape_and_word():
    (figure,), more = figures(*SMALL)
    html = environment().get_template("journey.html.j2").module.figure(figure)
    assert more == 0
    assert 'class="octagon"' in html
    assert ">public pull</text>" in html
    assert "3 nodes, 2 arrows, 1 unsafe: https://a/b.zip to data, public pull, no hash" in html
    safe, _ = figures(SMALL[0], [Way(0, 1), Way(1, 2)])
    assert "octagon" not in environment().get_template("journey.html.j2").module.figure(safe[0])


def test_a_name_is_never_markup():
    name = "</svg><script>alert(1)</script>\"'&"
    (figure,), _ = figures(
        [Station("source", name, (name,)), Station("store", name)], [Way(0, 1, (name,))]
    )
    html = environment().get_template("journey.html.j2").module.figure(figure)
    assert "<script" not in html
    assert html.count("</svg>") == 2
    assert "<script" in unescape(html)


def test_the_part_with_most_trouble_comes_first_and_what_is_joined_to_nothing_is_left_out():
    stations = [Station("store", f"data/{n}") for n in range(7)]
    ways = [Way(0, 1), Way(1, 2), Way(3, 4, ("no hash",)), Way(4, 4), Way(3, 4, ("no version",))]
    found, more = figures(stations, ways)
    assert (len(found), more) == (2, 0)
    assert found[0].alt.endswith("data/3 to data/4, no hash, no version")
    many = [Way(2 * n, 2 * n + 1) for n in range(40)]
    found, more = figures([Station("store", "x")] * 80, many)
    assert (len(found), more) == (FIGURES_SHOWN, 40 - FIGURES_SHOWN)


def test_of_ten_thousand_nodes_those_that_matter_are_drawn_soon():
    count = 10_000
    stations = [Station("other", f"task {n}") for n in range(count)]
    stations[-1] = Station("train", "the one that trains")
    ways = [Way(n, n + 1) for n in range(count - 1)] + [
        Way(n, count - 1) for n in range(0, count, 7)
    ]
    ways[-1] = Way(5000, count - 1, ("not validated",))
    began = time.process_time()
    (figure,), _ = figures(stations, ways)
    assert len(mermaid(stations, ways).splitlines()) < 3 * MOST_ARROWS
    assert time.process_time() - began < 5
    assert figure.left_out == count - NODES_SHOWN
    assert "task 5000 to the one that trains, not validated" in figure.alt


def test_mermaid_shows_shape_words_and_nothing_else():
    name = 'a"]; click n0 "javascript:alert(1)" %%{init}%% `x` #quot; <b>\n end'
    stations = [
        Station("source", name),
        Station("validate", "gx"),
        Station("train", "t", ("image by tag",)),
    ]
    text = mermaid(stations, [Way(0, 2, ("not validated",)), Way(1, 2)])
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    assert lines[2:] == [
        '  n1{{"validate: gx"}}',
        '  n2[["train: t<br/>unsafe: image by tag"]]',
        '  n0 -.-x|"unsafe: not validated"| n2',
        "  n1 --> n2",
    ]
    assert re.fullmatch(r'  n0\(\["source: [\w #;.,/:+=@-]+"\]\)', lines[1])
    shown = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), lines[1])
    assert 'a"]; click' in shown


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("bezoar:signs@2025-06", ["bezoar:signs@", "2025-06"]),
        ("LogisticRegression.fit", ["LogisticRegression.", "fit"]),
        ("s3://acme/signs/2025", ["s3://acme/signs/", "2025"]),
        ("python train.py", ["python train.py"]),
        ("a-name-of-words-without-end", ["a-name-of-words-", "without-end"]),
        ("x" * 30, ["x" * 19, "x" * 11]),
        ("", ["(no name)"]),
    ],
)
def test_a_name_is_broken_behind_a_sign(name, lines):
    drawn = picture([Station("store", name)], [], WIDE)
    assert [line.text for line in drawn.shapes[0].lines] == lines


def test_a_drawing_says_which_files_it_is_of():
    stations = [Station("fetch", "a", (), f"{n}.yml") for n in range(5)]
    ways = [Way(n, n + 1) for n in range(4)]
    (one,), _ = figures(stations, ways)
    assert one.title == "0.yml, 1.yml, 2.yml and 2 more"
