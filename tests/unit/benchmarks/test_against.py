"""The ratios between two checkouts come from rounds of the same pair."""

from benchmarks.against import HERE, ITEMS, THERE, ratios
from benchmarks.measures import Round


def test_ratio_is_the_median_of_the_ratios_within_each_round() -> None:
    found = {}
    for clients, items in ITEMS["stt"].items():
        found[HERE, clients] = [Round(1.0, items, 1.0), Round(2.0, items, 1.0)]
        found[THERE, clients] = [Round(2.0, items, 1.0), Round(2.0, items, 1.0)]
    line = next(line for line in ratios("stt", found).splitlines() if line.startswith("| 8 "))
    assert [cell.strip() for cell in line.split("|")][2:6] == ["≥ 1x", "1.50x", "2.00, 1.00", "yes"]
