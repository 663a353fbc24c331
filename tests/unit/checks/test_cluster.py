"""What is wrong with nodes of a Citus cluster is told by node, and what is right is not."""

from types import SimpleNamespace as Row

import pytest

from gateway.checks import cluster
from gateway.settings import DatabaseSettings


def told(messages):
    return [(message.rule.id, message.text) for message in messages]


@pytest.mark.parametrize(("release", "found"), [("11.3.1", {"gateway.E212"}), ("12.1.0", set()), ("14.0.1", set())])
def test_a_release_that_moves_no_schemas_is_told(release, found):
    assert {message.rule.id for message in cluster.judge_release(release)} == found


def test_a_node_that_is_not_active_is_told_with_what_it_has():
    nodes = [Row(host=host, port=5432, active=host == "a", schemas=3) for host in "ab"]
    (message,) = cluster.judge_nodes(nodes)
    assert (message.rule.id, message.about) == ("gateway.W213", "b:5432")
    assert "3 distributed" in message.text
    assert "citus_activate_node('b', 5432)" in message.hint


def test_a_setting_is_told_of_the_nodes_that_lack_it_and_sizes_may_be_written_otherwise():
    seen = [Row(node=node, success=True, value=value) for node, value in (("a:1", "64MB"), ("b:2", "4MB"))]
    ((rule, text),) = told(cluster.judge_setting("work_mem", "65536kB", seen))
    assert rule == "gateway.W214"
    assert "of b:2 (4MB)." in text


def test_without_the_setting_for_triggers_it_is_an_error():
    seen = [Row(node="a:1", success=True, value="off")]
    assert {rule for rule, _ in told(cluster.judge_setting(cluster.TRIGGERS, "on", seen))} == {"gateway.E213"}


def test_a_node_that_does_not_answer_is_told():
    seen = [Row(node="a:1", success=False, value="connection refused")]
    ((_, text),) = told(cluster.judge_setting("jit", "off", seen))
    assert "connection refused" in text


def test_utc_has_two_names():
    seen = [Row(node="a:1", success=True, value="Etc/UTC")]
    assert not told(cluster.judge_setting("timezone", "UTC", seen))


@pytest.mark.parametrize(("second", "found"), [("3.5.4", set()), ("3.4.0", {"gateway.W215"}), (None, {"gateway.W215"})])
def test_nodes_whose_postgis_differs_are_told(second, found):
    seen = [Row(node="a:1", success=True, value="3.5.4"), Row(node="b:2", success=second is not None, value=second)]
    assert {message.rule.id for message in cluster.judge_postgis(seen)} == found


def test_what_statements_are_planned_by_is_wanted_of_each_node():
    wanted = cluster.wanted(DatabaseSettings(work_mem="100MB"))
    assert wanted["work_mem"] == "100MB"
    assert wanted["jit"] == "off"
    assert "statement_timeout" not in wanted  # a cancel reaches the nodes
