"""Words for a county; enters nothing, leaves lists of invented or common names."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STREETS: Final = _words("""
    Maple Oak Cedar Elm Walnut Birch Chestnut Willow Linden Hickory Juniper Magnolia Poplar Spruce Sycamore Aspen
    Washington Lincoln Jefferson Madison Franklin Adams Jackson Monroe Grant Harrison Cleveland Wilson Douglas Hayes
    Park Lake River Hill Spring Mill Church School Market Bridge Canal Garden Orchard Meadow Prairie Forest Valley
    Highland Summit Ridge Stone Quarry Harbor Station Union Liberty Commerce Industrial Foundry Railroad Depot
    Kingsley Ashford Bancroft Carlisle Dunmore Eastgate Fairview Glenwood Hartwell Irving Kenwood Langley Merrill
    Northfield Oxbow Pemberton Quincy Rosewood Sheffield Thornton Upland Vernon Westbrook Yarmouth Alder Bluff
""")

SURNAMES: Final = _words("""
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
    Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson
    Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell
    Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris
    Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward
    Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel
    Myers Long Ross Foster Jimenez Okafor Schmidt Kowalski Novak Rossi Dubois Larsen Haddad Tanaka Singh Chen Park
    O'Brien Björk
""")

FIRST_NAMES: Final = _words("""
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
    Jessica Thomas Sarah Christopher Karen Charles Lisa Daniel Nancy Matthew Sandra Anthony Betty Mark Ashley Donald
    Emily Steven Kimberly Andrew Margaret Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George
    Deborah Timothy Stephanie Ronald Rebecca Jason Laura Edward Helen Jeffrey Sharon Ryan Cynthia Jacob Kathleen
    Gary Amy Nicholas Shirley Eric Angela Jonathan Anna Stephen Ruth Larry Brenda Justin Pamela Scott Nicole Brandon
    Katherine Mei Aisha Mateo Priya Yusuf Ingrid Omar Lucía Hiroshi Fatima Sven Chloé
""")

MAIN_KINDS: Final = ("Avenue", "Boulevard", "Street", "Road", "Parkway")
LOCAL_KINDS: Final = ("Street", "Street", "Avenue", "Lane", "Drive", "Court", "Place", "Way", "Road", "Terrace")
SIDES: Final = ("", "", "", "", "North ", "South ", "East ", "West ")
FIRMS: Final = (
    "Holdings LLC",
    "Properties LLC",
    "Realty Trust",
    "Partners LP",
    "Development Co",
    "Storage Inc",
    "Group",
)
PUBLIC: Final = (
    "County of Linden",
    "Linden School District",
    "City of Fairmont",
    "Linden Park District",
    "State Land Board",
)
QUARTERS: Final = ("Heights", "Park", "Village", "Hill", "Grove", "Square", "Crossing", "Commons", "Mills", "Point")
