"""What of a journey is drawn: steps once, faults where they are."""

from dataclasses import replace

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey.graph import Edge, Node, NodeKind
from bezoar.evaluate.journey.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.report.journey_drawing import Station, Way
from bezoar.report.journey_stations import stations_and_ways


def place(line):
    return Place(PlaceKind.FILE, "ci.yml", line)


def node(pipeline, step, kind, line):
    key = f"{pipeline}/{step}/{kind}/{line}"
    return Node(key, NodeKind(kind), f"{kind} {line}", "ci", place(line))


def data(name, kind=NodeKind.STORE):
    return Node(f"data/{name}", kind, name.rpartition("|")[2])


def found(code, line):
    return Finding(Rule(code, "x", "x", Severity.LOW, "x"), place(line), "x")


def drawn(nodes, edges, findings=()):
    return stations_and_ways(Journey((), (), nodes=tuple(nodes), edges=tuple(edges)), findings)


def test_the_calls_of_a_step_are_drawn_once_and_what_leads_nowhere_is_not():
    nodes = [
        data("job|raw"),
        node(0, "job/prepare", "transform", 1),
        node(0, "job/prepare", "transform", 2),
        node(0, "job/look", "transform", 3),
        node(0, "job/train", "train", 4),
    ]
    raw, first, second, look, train = (one.id for one in nodes)
    edges = [Edge(raw, first), Edge(first, second), Edge(second, train), Edge(raw, look)]
    stations, ways = drawn(nodes, edges)
    assert stations == [
        Station("transform", "job/prepare"),
        Station("train", "train 4"),
        Station("store", "raw"),
    ]
    assert ways == [Way(2, 0), Way(0, 1)]


def test_a_fault_is_on_its_arrow_and_a_step_s_own_on_the_step():
    nodes = [
        data("https://a/b", NodeKind.SOURCE),
        node(0, "get", "fetch", 1),
        node(0, "train", "train", 2),
    ]
    source, get, train = (one.id for one in nodes)
    edges = [Edge(source, get), Edge(get, train, fault=str(Fault.NOTHING))]
    findings = [found("BZ221", 1), found("BZ232", 2), found("BZ225", 2), found("BZ235", 9)]
    stations, ways = drawn(nodes, edges, findings)
    assert [one.faults for one in stations] == [(), ("image by tag",), ()]
    assert {way.faults for way in ways} == {("public pull",), ("not validated",)}
    stations, _ = drawn(nodes[1:], edges[1:], findings)
    assert stations[0].faults == ("public pull",)


def test_each_fault_has_words():
    for fault in Fault:
        nodes = [data("job|raw"), node(0, "train", "train", 2)]
        _, (way,) = drawn(nodes, [Edge(nodes[0].id, nodes[1].id, fault=str(fault))])
        assert way.faults != (str(fault),)


def test_a_path_is_each_pipelines_own_and_an_address_joins_them():
    for name, count in (("job|raw", 4), ("s3://bucket/raw", 3)):
        nodes = [data(name), node(0, "a", "train", 1), node(1, "b", "train", 2)]
        edges = [Edge(nodes[0].id, one.id) for one in nodes[1:]]
        assert len(drawn(nodes, edges)[0]) == count


def test_what_is_said_of_a_step_as_a_whole_is_drawn_on_it_wherever_its_line_is():
    nodes = [
        replace(node(0, "a/train", "train", 2), home="ci.yml", step="a/train"),
        replace(node(0, "b/train", "train", 3), home="ci.yml", step="b/train"),
    ]
    image = replace(found("BZ232", 9), evidence={"step": "b/train"})
    caches = replace(found("BZ231", 8), evidence={"steps": ["a/train", "b/train"]})
    stations, _ = drawn(nodes, (), [image, caches])
    assert [one.faults for one in stations] == [
        ("cache unverified",),
        ("image by tag", "cache unverified"),
    ]
    assert {one.home for one in stations} == {"ci.yml"}


def test_a_long_dotted_call_is_called_by_its_last_two_parts():
    made = replace(node(0, "t", "train", 1), label="sklearn.svm.SVC.fit")
    ((station,), _) = drawn([made], ())
    assert station.name == "SVC.fit"
