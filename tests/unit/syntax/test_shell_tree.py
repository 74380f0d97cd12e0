"""Shell text as a tree."""

from bezoar.syntax.shell_tree import Branch, Case, Function, Group, Loop, parse


def kinds(text):
    """Return the kind of the first element of each pipe of each list."""
    return [[type(pipe[0]).__name__ for pipe in one.pipes] for one in parse(text)]


def only(text):
    (one,) = parse(text)
    return one.pipes[0][0]


def test_lists_pipes_and_joints():
    (first, second) = parse("a && b || c | d\ne")
    assert first.joints == ["", "&&", "||"]
    assert [len(pipe) for pipe in first.pipes] == [1, 1, 2]
    assert second.joints == [""]


def test_branches_with_elif_and_else():
    branch = only("if a; then b; elif c; then d; else e; fi")
    assert isinstance(branch, Branch)
    inner = branch.other[0].pipes[0][0]
    assert isinstance(inner, Branch)
    assert len(inner.other) == 1


def test_groups_subshells_loops_cases_and_functions():
    group, subshell = only("{ a; b; }"), only("(a; b)")
    assert isinstance(group, Group)
    assert isinstance(subshell, Group)
    assert (group.subshell, subshell.subshell) == (False, True)
    loop = only("until a; do b; done")
    assert isinstance(loop, Loop)
    assert loop.until
    assert isinstance(only("for x in 1 2; do b; done"), Loop)
    case = only("case $x in\n a) b;;\n c) d;;\nesac")
    assert isinstance(case, Case)
    assert len(case.bodies) == 2
    assert isinstance(only("f() { a; }"), Function)


def test_what_comes_before_a_group_joins_the_group():
    (one,) = parse("a || { b; c; }")
    assert one.joints == ["", "||"]
    assert isinstance(one.pipes[1][0], Group)


def test_what_does_not_close_ends_with_the_text_and_what_closes_nothing_is_passed_over():
    assert kinds("if a; then b") == [["Branch"]]
    assert kinds("} fi; done\na") == [["Command"]]
