import math

from hypothesis import given
from hypothesis import strategies as st

from ag2obs.analysis.histogram import RELATIVE_ERROR, LogHistogram

durations = st.floats(min_value=0.001, max_value=1e9)


def nearest_rank(values, quantile):
    return sorted(values)[max(1, math.ceil(quantile * len(values))) - 1]


def histogram_of(values):
    histogram = LogHistogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(st.lists(durations, min_size=1, max_size=300), st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
def test_percentiles_are_within_the_promised_error(values, quantile):
    exact = nearest_rank(values, quantile)
    assert math.isclose(histogram_of(values).percentile(quantile), exact, rel_tol=RELATIVE_ERROR + 1e-9)


@given(st.lists(durations, max_size=50), st.lists(durations, max_size=50))
def test_merging_equals_counting_together(left, right):
    merged = histogram_of(left)
    merged.merge(histogram_of(right))
    together = histogram_of(left + right)
    for quantile in (0.5, 0.9, 0.99):
        assert merged.percentile(quantile) == together.percentile(quantile)
    assert merged.count == len(left) + len(right)


def test_one_value_is_told_exactly_and_none_is_none():
    assert histogram_of([123.4]).percentile(0.99) == 123.4
    assert LogHistogram().percentile(0.5) is None


def test_values_out_of_range_neither_fail_nor_grow_it():
    histogram = histogram_of([0, -5, 1e-300, 1e300])
    for value in range(1, 200_000, 7):
        histogram.add(value * 1.37)
    assert len(histogram.buckets) < 760
    assert histogram.percentile(0) == -5
    assert histogram.percentile(1) == 1e300
