"""The dashboard and the alert rules of docs/deploy read metrics that exist, with labels that they have."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

import gateway.asgi  # noqa: F401 - it makes all metrics

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text())
RULES = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
READ = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALERTED = [rule["expr"] for rule in RULES]
PARTS = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_count", "_sum")}


def metrics():
    """The labels of each series that the gateway has, by its name."""
    made = {metric for name, metric in REGISTRY._names_to_collectors.items() if name.startswith("gateway_")}
    return {
        next(iter(each.describe())).name + part: set(each._labelnames) | ({"le"} if part == "_bucket" else set())
        for each in made
        for part in PARTS[type(each)]
    }


@pytest.mark.parametrize("expression", READ + ALERTED)
def test_an_expression_reads_series_that_exist_by_labels_that_they_have(expression):
    known = metrics()
    names = set(re.findall(r"gateway_\w+", expression))
    assert names <= set(known)
    for labels in re.findall(r"by \(([^)]*)\)", expression):
        for name in names:
            assert set(re.split(r",\s*", labels)) <= known[name]
    for name, matchers in re.findall(r"(gateway_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*[=!]", matchers)) <= known[name]


def test_the_dashboard_shows_every_metric():
    shown = set(re.findall(r"gateway_\w+", " ".join(READ)))
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in metrics()}
    counted_both_ways = {"gateway_pool_checkouts_total", "gateway_pool_checkins_total"}  # gateway_pool_in_use
    assert families - {re.sub(r"_bucket$", "", name) for name in shown} == counted_both_ways


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    assert all(rule["labels"]["severity"] in {"page", "ticket"} for rule in RULES)
    assert all({"summary", "description"} <= set(rule["annotations"]) for rule in RULES)


def test_every_alert_names_commands_and_pages_that_exist():
    told = " ".join(rule["annotations"]["description"] for rule in RULES)
    for page in re.findall(r"docs/[\w/-]+\.md", told):
        assert (DEPLOY.parents[1] / page).exists()
    for command in re.findall(r"manage\.py (\w+)", told):
        assert (DEPLOY.parents[1] / "gateway/management/commands" / f"{command}.py").exists()
