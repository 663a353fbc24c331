"""Reads for resolvers: keys in, values out in order, one statement for all keys of a level."""

from gateway.execution.loaders.pages import PageOf, PageRow
from gateway.execution.loaders.registry import Loaders
