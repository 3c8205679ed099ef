"""Random weights: uniform over exactly what was said, and the same for everyone who draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from siting.draws import Between, Change, Dirichlet, Fixed, Intervals, Rates, Variant, WeightDraws, ordered, stream
from siting.errors import InputError

COUNT = 3000
#: Two samples of this size of one distribution differ by more than this in one test of 10,000.
P_VALUE = 1e-4


def sample(draws: WeightDraws, count: int = COUNT, seed: int = 1) -> np.ndarray:
    """Return many draws, each from a stream of its own."""
    return np.array([draws.draw(stream(seed, number)) for number in range(count)])


def rejected(low: np.ndarray, high: np.ndarray, order: list[int] | None = None) -> np.ndarray:
    """Return uniform points of the simplex that lie in a box and fall along an order: by rejection, the oracle."""
    proposed = np.random.default_rng(99).dirichlet(np.ones(len(low)), 2_000_000)
    kept = ((proposed >= low) & (proposed <= high)).all(axis=1)
    for first, second in zip(order or [], (order or [])[1:], strict=False):
        kept &= proposed[:, first] >= proposed[:, second]
    return proposed[kept][:COUNT]


def same_distribution(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two samples agree in every coordinate and in a direction that mixes them."""
    mixed = np.linspace(-1, 2, first.shape[1]) ** 3
    pairs = [(first[:, place], second[:, place]) for place in range(first.shape[1])]
    pairs.append((first @ mixed, second @ mixed))
    return all(stats.ks_2samp(one, other).pvalue > P_VALUE for one, other in pairs)


class TestStreams:
    """Draw k does not depend on who draws it."""

    def test_a_stream_is_the_spawned_child_of_the_seed(self) -> None:
        """The children that numpy spawns one after the other are reached directly by their place."""
        children = np.random.SeedSequence(42).spawn(5)
        for place, child in enumerate(children):
            assert stream(42, place).random() == np.random.default_rng(child).random()
            grandchild = child.spawn(2)[1]
            assert stream(42, place, 1).random() == np.random.default_rng(grandchild).random()

    def test_different_places_and_seeds_give_different_numbers(self) -> None:
        """No two draws share their randomness."""
        numbers = {stream(seed, place).random() for seed in range(20) for place in range(20)}
        assert len(numbers) == 400


class TestWeights:
    """Each kind of weights is what it says."""

    def test_fixed_weights_never_change(self) -> None:
        """They are those of the model, not shares."""
        assert (sample(Fixed({"a": 2.0, "b": 0.5}), 3) == [2.0, 0.5]).all()

    def test_a_flat_dirichlet_has_equal_means_and_the_variance_of_the_simplex(self) -> None:
        """Mean 1/n and variance (n - 1) / (n^2 (n + 1))."""
        found = sample(Dirichlet("abcd", np.ones(4)))
        assert np.allclose(found.sum(axis=1), 1)
        assert np.allclose(found.mean(axis=0), 1 / 4, atol=0.015)
        assert np.allclose(found.var(axis=0), 3 / (16 * 5), atol=0.004)

    def test_a_concentrated_dirichlet_stays_around_its_mean(self) -> None:
        """Mean a / sum and variance m (1 - m) / (sum + 1)."""
        mean = np.array([0.5, 0.3, 0.2])
        found = sample(Dirichlet("abc", 50 * mean))
        assert np.allclose(found.mean(axis=0), mean, atol=0.006)
        assert np.allclose(found.var(axis=0), mean * (1 - mean) / 51, atol=0.0008)

    def test_an_order_is_kept_and_uniform(self) -> None:
        """The draws agree with the order, and with rejection sampling of the whole simplex."""
        draws = ordered([["a"], ["b"], ["c"], ["d"]])
        found = sample(draws)
        assert draws.names == ("a", "b", "c", "d")
        assert (np.diff(found, axis=1) <= 1e-15).all()
        assert np.allclose(found.sum(axis=1), 1)
        assert same_distribution(found, rejected(np.zeros(4), np.ones(4), [0, 1, 2, 3]))

    def test_criteria_of_equal_importance_weigh_the_same(self) -> None:
        """With a > b = c, the weights of b and c are equal and a's is uniform from a third to 1."""
        found = sample(ordered([["a"], ["b", "c"]]))
        assert (found[:, 1] == found[:, 2]).all()
        assert stats.kstest(found[:, 0], stats.uniform(1 / 3, 2 / 3).cdf).pvalue > P_VALUE

    @pytest.mark.parametrize(
        ("low", "high"),
        [
            ([0.1, 0.0, 0.0], [0.4, 1.0, 1.0]),
            ([0.1, 0.0, 0.2, 0.0], [0.4, 0.5, 0.6, 1.0]),
            ([0.0, 0.0, 0.0, 0.0, 0.0], [0.3, 0.3, 0.3, 0.3, 0.3]),
            ([0.2, 0.15, 0.0, 0.0, 0.0], [0.3, 0.3, 1.0, 1.0, 1.0]),
        ],
    )
    def test_intervals_are_kept_and_uniform(self, low: list[float], high: list[float]) -> None:
        """The draws lie in their intervals and agree with rejection sampling of the whole simplex."""
        names = "abcde"[: len(low)]
        found = sample(Intervals(dict(zip(names, zip(low, high, strict=True), strict=True))))
        assert (found >= np.array(low) - 1e-12).all()
        assert (found <= np.array(high) + 1e-9).all()
        assert np.allclose(found.sum(axis=1), 1)
        assert same_distribution(found, rejected(np.array(low), np.array(high)))

    @given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8), st.integers(0, 50))
    def test_any_intervals_give_shares_inside_them_or_one_sentence(
        self, ends: list[tuple[float, float]], seed: int
    ) -> None:
        """However narrow they are, a draw is found or the contradiction is named."""
        intervals = {f"c{place}": (min(pair), max(pair)) for place, pair in enumerate(ends)}
        least, most = (sum(pair[side] for pair in intervals.values()) for side in (0, 1))
        if least > 1 + 1e-12 or most < 1 - 1e-12:
            with pytest.raises(InputError, match="shares of 1"):
                Intervals(intervals)
            return
        drawn = Intervals(intervals).draw(stream(seed, 0))
        assert abs(drawn.sum() - 1) < 1e-9
        for weight, (low, high) in zip(drawn, intervals.values(), strict=True):
            assert low - 1e-9 <= weight <= high + 1e-9

    def test_intervals_that_meet_in_a_point_give_that_point(self) -> None:
        """The least shares sum to 1, so nothing is left to draw."""
        assert np.allclose(sample(Intervals({"a": (0.3, 0.8), "b": (0.7, 0.9)}), 5), [0.3, 0.7])

    def test_rates_are_independent_and_need_no_sum(self) -> None:
        """Each is uniform over its own interval."""
        found = sample(Rates({"a": (1e6, 3e6), "b": (5.0, 5.0)}))
        assert (found[:, 1] == 5.0).all()
        assert stats.kstest(found[:, 0], stats.uniform(1e6, 2e6).cdf).pvalue > P_VALUE


class TestData:
    """What lies between two variants."""

    def test_a_share_of_the_way_mixes_sites_service_factor_and_shift(self) -> None:
        """Each part is mixed by itself."""
        first = Change(site=np.array([0.0, 2.0]), factor=1.0, shift=0.0)
        last = Change(site=np.array([4.0, 2.0]), factor=3.0, shift=-8.0)
        middle = first.towards(last, 0.25)
        assert middle.site.tolist() == [1.0, 2.0]
        assert (middle.service, middle.factor, middle.shift) == (None, 1.5, -2.0)

    def test_between_draws_the_whole_way(self) -> None:
        """The value is uniform between the ends, and the criteria go with it."""
        change = {"cost": Change(site=np.array([10.0]))}, {"cost": Change(site=np.array([20.0]))}
        between = Between("key", Variant(1.0, change[0]), Variant(2.0, change[1]))
        variants = [between.draw(stream(3, number))[0] for number in range(500)]
        values = np.array([variant.value for variant in variants])
        sites = np.array([variant.changes["cost"].site[0] for variant in variants])
        assert np.allclose(sites, 10 * values)
        assert stats.kstest(values, stats.uniform(1, 1).cdf).pvalue > P_VALUE
