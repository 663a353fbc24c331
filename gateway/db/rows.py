"""Rows of statements; a row's columns are attributes, whose types the statement knows and Python does not."""

from typing import Any

from sqlalchemy import Row

AnyRow = Row[Any]
