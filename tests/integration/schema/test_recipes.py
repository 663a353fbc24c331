"""The cookbook of queries: each runs on Cambridge and answers what the page shows."""

import pytest

from tests.fixtures.recipes import differences, recipes

RECIPES = list(recipes())


def test_every_query_of_the_page_shows_its_answer():
    assert len(RECIPES) >= 10
    assert [recipe.title for recipe in RECIPES if recipe.answer is None] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
async def test_the_answer_of_a_recipe_is_the_one_shown(city, recipe):
    answer = (await city.post(recipe.query, recipe.variables)).json
    assert list(differences(recipe.answer, answer)) == []
    assert ("errors" in answer) == ("errors" in recipe.answer)


@pytest.mark.parametrize(
    ("shown", "given"),
    [({"a": 1}, {"a": 2}), ({"a": 1}, {}), ([1, 2], [1]), (1.5, 1.6), ("ab…", "ac"), ([], None), ({}, [])],
)
def test_a_difference_is_seen(shown, given):
    assert list(differences(shown, given))
