"""What one request carries, and that it goes with the request."""

import gc
import weakref
from datetime import UTC, datetime

import pytest

from gateway.db.sessions import Database
from gateway.execution.context import contexts
from gateway.identity import Access
from gateway.layers import LAYERS
from gateway.settings import Settings
from tests.fixtures.principals import ANYONE


@pytest.fixture
def make():
    """Makes the context of a request; nothing connects."""
    settings = Settings()
    made = contexts(Access(settings.auth, LAYERS), settings, b"secret")
    database = Database(settings.database, "postgresql+asyncpg://nowhere/none")
    return lambda: made(database.session(), ANYONE, "https://gateway.test")


def test_a_context_of_the_past_knows_the_present_and_other_moments(make):
    context, first, second = make(), datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    then = context.at(first)
    assert then is not context
    assert then is context.at(first) is then.at(first)
    assert then.at(second) is context.at(second)
    assert then.at(None) is context is context.at(None)


def test_a_context_goes_with_its_request_without_the_collector_of_cycles(make):
    gc.disable()
    try:
        context = make()
        alive = weakref.ref(context)
        del context
        assert alive() is None
    finally:
        gc.enable()
