"""The overlap alarm: pairs of forms whose difference is a handful of persons, whoever asks them.

The population: 40 buyers of taobao in Zhejiang on day 10, and a few more on day 9.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from queries.privacy.overlap import Form, check_form, forget_forms
from queries.privacy.reading import snapshot_reader

from .conftest import NOW

K = 10


def population(since: date) -> Form:
    return Form(
        "buyers",
        "SELECT DISTINCT platform, customer_key FROM v_orders"
        " WHERE is_sale AND customer_key IS NOT NULL AND region = '浙江' AND sale_date >= ?",
        (since,),
    )


DAY10, DAY9 = (NOW - timedelta(days=10)).date(), (NOW - timedelta(days=9)).date()
NARROW, WIDE = population(DAY9), population(DAY10)


def ask(home, form: Form, *, now=NOW, snapshot: str | None = None, k: int = K) -> bool:  # type: ignore[no-untyped-def]
    with snapshot_reader(home.warehouse) as reader:
        return check_form(
            reader, home.state, form, snapshot=snapshot or home.warehouse.snapshot_id(), k=k, now=now
        )


def shop(home, extra: int) -> None:  # type: ignore[no-untyped-def]
    home.sell([f"v1:a{n:04}" for n in range(40)], days_ago=9)
    home.sell([f"v1:b{n:04}" for n in range(extra)], days_ago=10)
    home.warehouse.publish()


@pytest.mark.parametrize(("extra", "answered"), [(0, True), (1, False), (9, False), (10, True), (25, True)])
def test_two_forms_a_day_apart(home, extra: int, answered: bool) -> None:  # type: ignore[no-untyped-def]
    shop(home, extra)
    assert ask(home, NARROW)
    assert ask(home, WIDE) is answered
    assert ask(home, NARROW), "the first form can be asked again"


def test_the_order_of_the_two_does_not_matter(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 3)
    assert ask(home, WIDE) and not ask(home, NARROW)


def test_swapping_one_person_for_another_is_a_difference_of_two(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 1)
    without = "SELECT DISTINCT platform, customer_key FROM v_orders WHERE customer_key <> ?"
    assert ask(home, Form("buyers", without, ("v1:a0000",)))
    assert not ask(home, Form("buyers", without, ("v1:b0000",)))


def test_a_refused_form_is_not_remembered(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 3)
    assert ask(home, WIDE)
    for _ in range(3):
        assert not ask(home, NARROW)
    forget_forms(home.state)
    assert ask(home, NARROW)


def test_it_is_pinned_to_one_snapshot(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 3)
    assert ask(home, WIDE, snapshot="0000000001") and ask(home, NARROW, snapshot="0000000002")


def test_it_looks_back_one_day(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 3)
    assert ask(home, WIDE)
    assert not ask(home, NARROW, now=NOW + timedelta(hours=23))
    assert ask(home, NARROW, now=NOW + timedelta(hours=25))


def test_another_metric_over_nearly_the_same_people_is_no_way_around(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 3)
    assert ask(home, WIDE)
    assert not ask(home, Form("spend_per_buyer", NARROW.population, NARROW.params))


def test_named_parameters_and_platforms_with_equal_keys(home) -> None:  # type: ignore[no-untyped-def]
    shop(home, 0)
    home.sell([f"v1:a{n:04}" for n in range(4)], days_ago=9, platform="jd")
    home.warehouse.publish()
    both = "SELECT DISTINCT platform, customer_key FROM v_orders WHERE sale_date >= $day"
    one = both + " AND platform = 'taobao'"
    assert ask(home, Form("buyers", both, {"day": DAY10}))
    assert not ask(home, Form("buyers", one, {"day": DAY10}))


def test_large_populations_are_told_apart_without_reading_them_again(home) -> None:  # type: ignore[no-untyped-def]
    home.sell([f"v1:{n:06}" for n in range(3000)], days_ago=9)
    home.warehouse.publish()
    assert ask(home, NARROW)
    for number in range(20):
        other = Form(
            "buyers", NARROW.population + " AND right(customer_key, 2) > ?", (*NARROW.params, f"{number:02}")
        )
        assert ask(home, other), number
