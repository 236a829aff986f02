"""Word lists, and names put together from them. No name is that of a real company or person on purpose."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.simulate.draws import Draws, Ints

ADJECTIVES = (
    "Amber Arbor Aspen Autumn Azure Birch Bold Bright Calm Cedar Clear Cobalt Copper Coral Crimson Crystal Dawn Deep "
    "Eastern Ember Even Fair Fern First Flint Foxglove Frost Garnet Gentle Golden Granite Green Grove Harvest Hazel "
    "Heather High Hollow Indigo Iron Ivory Jade Juniper Keen Lakeside Larch Laurel Lilac Linden Little Lone Lucid Lunar "
    "Maple Marble Meadow Mellow Midland Misty Modern Moss North Northern Oak Ochre Olive Opal Orchard Pale Pearl Pine "
    "Polar Prairie Quartz Quick Quiet Rapid Red Ridge River Rowan Russet Saffron Sage Scarlet Silver Slate Solar Southern "
    "Spruce Steady Still Stone Summer Swift Tall Teal Terra Thistle Tidal True Upland Velvet Vivid Walnut West Western "
    "White Wild Willow Winter Young"
).split()
NOUNS = (
    "Acre Anchor Anvil Arch Arrow Atlas Badger Bank Barn Bay Beacon Bell Bench Bird Bloom Boat Branch Bridge Brook Cairn "
    "Canyon Castle Channel Cliff Cloud Coast Compass Corner Cove Crane Creek Crest Cross Crown Dale Delta Dock Dove Drum "
    "Dune Eagle Elm Falcon Fern Ferry Field Finch Fjord Forge Fox Garden Gate Glen Grove Gull Harbor Hare Hart Haven Hawk "
    "Heath Heron Hill House Island Key Kite Lake Lantern Lark Leaf Ledge Lighthouse Lynx Marsh Mast Mill Moor Otter Owl "
    "Peak Pier Pillar Plain Point Pond Port Quarry Quay Raven Reef Robin Rock Root Rose Sail Shore Sparrow Spire Spring "
    "Square Stag Star Station Stream Swan Tide Tower Trail Vale Valley View Wharf Wheel Wind Wood Wren Yard"
).split()
SURNAMES = (
    "Abbott Alder Anders Archer Ashby Baird Barlow Bauer Bellamy Berg Blythe Brandt Brennan Calder Carver Castell Chambers "
    "Colby Conrad Dalton Darrow Delgado Devlin Draper Duarte Ekberg Ellery Engel Fairley Farrow Fenwick Ferrer Fontaine "
    "Forster Gallo Garrick Gilmour Grady Haas Hadley Halloran Harte Hayward Holm Ibarra Iverson Jansen Jarvis Keane Keller "
    "Kendrick Kessler Lacey Landry Lang Larkin Lindqvist Lowell Marchetti Marlow Mercer Moreau Morrow Nash Navarro Noble "
    "Norwood Okafor Olsen Osborne Paget Pascal Pereira Quinn Radcliffe Ramsey Renner Rhodes Rivera Rowe Sadler Santos Sayer "
    "Schilling Shaw Sinclair Sorensen Stroud Tanaka Thorne Tilden Tran Ullman Vance Varga Vogel Walsh Weber Whitlock Winslow "
    "Yates Zeller"
).split()
GIVEN_NAMES = (
    "Ada Adam Aisha Alba Alex Amara Amir Ana Andre Anna Anton Astrid Ben Bianca Bruno Carla Carlos Chen Chloe Clara Daan "
    "Dana Daniel Diego Dora Elena Elias Ella Emil Emma Erik Eva Farah Felix Fiona Gabriel Grace Hana Hannah Hugo Ibrahim "
    "Ines Iris Isaac Ivan Jana Jonas Joshua Julia Kaito Karim Kate Laila Lara Leo Lina Lucas Lucia Maja Marco Maria Marta "
    "Mateo Maya Mia Mila Nadia Nina Noah Nora Olga Oliver Omar Oscar Paula Pedro Petra Priya Rafael Rosa Ruth Sam Sara Sofia "
    "Stefan Tara Theo Thomas Tom Uma Vera Victor Yara Yusuf Zoe"
).split()
TRADES = {
    "Software": "Software Systems Labs Cloud Data Apps Logic Digital".split(),
    "Agency": "Studio Creative Media Partners Design Brands Collective Works".split(),
    "Retail": "Supply Stores Goods Outfitters Market Trading Wares Home".split(),
    "Manufacturing": "Industries Manufacturing Tools Engineering Plastics Metals Components Motors".split(),
    "Healthcare": "Health Clinics Care Medical Therapeutics Dental Diagnostics Pharma".split(),
    "Education": "Learning Academy Schools Education Press Training Tutors Institute".split(),
    "Finance": "Capital Finance Advisors Insurance Accounting Credit Payments Wealth".split(),
    "Hospitality": "Hotels Kitchens Travel Events Catering Resorts Tours Coffee".split(),
}


def words(codes: Ints, values: list[str] | tuple[str, ...]) -> pa.Array:
    """The word of each code, as text."""
    return pa.array(values, pa.string()).take(pa.array(codes))


def joined(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """Texts put together element by element.

    >>> joined(pa.array(["a", "b"]), "-x").to_pylist()
    ['a-x', 'b-x']
    """
    return pc.binary_join_element_wise(*parts, separator)


def numbered(prefix: str, numbers: Ints, digits: int = 7) -> pa.Array:
    """
    >>> import numpy as np
    >>> numbered("acc_", np.array([12])).to_pylist()
    ['acc_0000012']
    """
    return joined(prefix, pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0"))


def company_names(draws: Draws, industries: Ints) -> pa.Array:
    """'Silver Heron Labs', or 'Calder & Moreau Labs' for a third of them."""
    trades = words(
        industries * 8 + draws.choice("name trade", [1 / 8] * 8), [word for row in TRADES.values() for word in row]
    )
    place = joined(_word(draws, ADJECTIVES, "name first"), _word(draws, NOUNS, "name second"), separator=" ")
    people = joined(_word(draws, SURNAMES, "name left"), _word(draws, SURNAMES, "name right"), separator=" & ")
    return joined(pc.if_else(pa.array(draws.happens("name of people", 1 / 3)), people, place), trades, separator=" ")


def domains(company: pa.Array) -> pa.Array:
    """
    >>> domains(pa.array(["Calder & Moreau Labs"])).to_pylist()
    ['caldermoreaulabs.example']
    """
    return joined(pc.replace_substring_regex(pc.utf8_lower(company), "[^a-z]+", ""), ".example")


def person_names(draws: Draws, columns: int) -> tuple[Ints, Ints]:
    """Codes of a given name and a surname for each account and each of its people."""
    given = (draws.uniform("given name", columns) * len(GIVEN_NAMES)).astype(int)
    family = (draws.uniform("family name", columns) * len(SURNAMES)).astype(int)
    return given, family


def _word(draws: Draws, values: list[str], purpose: str) -> pa.Array:
    return words((draws.uniform(purpose) * len(values)).astype(int), values)
