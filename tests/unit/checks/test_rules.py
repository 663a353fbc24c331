"""The rules, their page in the documentation and their tests name the same ids."""

import re
from pathlib import Path

from gateway.checks import rules
from gateway.checks.messages import Level, Rule

ROOT = Path(__file__).parents[3]


def test_every_rule_has_its_row_in_the_documentation_and_every_row_its_rule():
    page = (ROOT / "docs" / "checks.md").read_text()
    rows = dict(re.findall(r"^\| `(gateway\.[EWI]\d{3})` \| ([^|]+?) \|", page, re.MULTILINE))
    assert rows == {rule.id: rule.meaning for rule in rules.RULES.values()}


def test_every_rule_is_named_in_a_test():
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)]
    text = "\n".join(file.read_text() for file in files)
    assert {rule for rule in rules.RULES if f'"{rule}"' not in text} == set()


def test_no_two_rules_share_an_id():
    declared = [value for value in vars(rules).values() if isinstance(value, Rule)]
    assert len(declared) == len(rules.RULES)


def test_the_letter_of_an_id_is_its_level():
    assert rules.PAGE_DEFAULT.level == Level.ERROR
    assert rules.SHORT_SECRET.level == Level.WARNING
    assert rules.PROBED.level == Level.INFO
