"""Which names of members are private, by the patterns that all layers have and by patterns that are set."""

import pytest

from gateway.models.members import PATTERNS, Members, exactly, expression, private_among

PEOPLE = [
    *(
        "OWNERNAME1",
        "Owner",
        "own1",
        "OWN_ADDR",
        "CoOwner",
        "MAILADDR",
        "Mailing City",
        "E-Mail",
        "email",
        "PHONE_NO",
        "tel",
    ),
    *(
        "TAXPAYER",
        "tax_payer_nm",
        "Tax Payer",
        "TAXPYR1",
        "GRANTEE",
        "Seller",
        "BIRTHDATE",
        "ssn",
        "DEEDHOLDER",
        "Tenant1",
    ),
    *("EIGENTÜMER", "PROPIETARIO"),
]
OTHERS = [
    "town",
    "downtown",
    "shown",
    "hotel",
    "property_tax",
    "TAX_AREA",
    "zoning",
    "land_use",
    "steel",
    "halifax",
    "dobson",
]


def test_what_names_people_and_ways_to_reach_them_is_private_and_nothing_else():
    assert private_among(PATTERNS, [*PEOPLE, *OTHERS]) == tuple(PEOPLE)


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("a", ["a", "A"], ["aa", "ba", '"a"']),
        ("a*", ["a", "ab"], ["ba"]),
        ("*a", ["a", "ba"], ["ab"]),
        ("*a*b*", ["ab", "xaxbx"], ["ba"]),
        ("a.b", ["a.b"], ["axb"]),
        ('a"b', ['a"b'], ["ab"]),
        ("é[1]", ["É[1]"], ["é1"]),
    ],
)
def test_a_star_stands_for_any_text_and_all_else_for_itself(pattern, fitting, others):
    assert private_among([pattern], [*fitting, *others]) == tuple(fitting)


def test_names_are_looked_for_at_every_depth_of_a_value():
    members = Members("parcels", "|".join([expression(["*owner*"]), exactly("z*")]), named=True)
    assert members.first({"a": [{"b": {"Owner2": 1}}]}) == "Owner2"
    assert members.first({"Z*": 1}) == "Z*"
    for value in ({"a": "owner"}, {"zz": 1}, "owner", None, 7, ["owner"]):
        assert members.first(value) is None
    assert Members("parcels", "", named=True).first({"owner": 1}) is None
