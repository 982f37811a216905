"""What chance alone makes is no pattern; what really makes calls fail is found."""

import random

import pytest

from ag2obs.analysis.tools.argument_patterns import ArgumentPatterns


def noise(seed, *, calls, failures, arguments, values):
    chance = random.Random(seed)
    failing = set(chance.sample(range(calls), failures))
    return [
        ({f"a{name}": f"v{chance.randrange(values)}" for name in range(arguments)}, call in failing)
        for call in range(calls)
    ]


def found(calls):
    patterns = ArgumentPatterns()
    for arguments, failed in calls:
        patterns.add(arguments, failed=failed)
    return patterns.found()


@pytest.mark.parametrize(
    ("calls", "failures", "arguments", "values"), [(20, 3, 3, 4), (40, 5, 5, 4), (100, 10, 5, 5), (200, 20, 8, 5)]
)
def test_random_failures_seldom_make_a_pattern(calls, failures, arguments, values):
    runs = 100
    wrong = sum(
        bool(found(noise(seed, calls=calls, failures=failures, arguments=arguments, values=values)))
        for seed in range(runs)
    )
    assert wrong / runs <= 0.1


@pytest.mark.parametrize("seed", range(5))
def test_a_value_that_always_fails_is_found_among_the_noise(seed):
    calls = [
        ({**arguments, "city": "Bern"}, False)
        for arguments, _ in noise(seed, calls=40, failures=0, arguments=4, values=5)
    ]
    calls += [
        ({**arguments, "city": ""}, True) for arguments, _ in noise(seed, calls=4, failures=0, arguments=4, values=5)
    ]
    best = found(calls)[0]
    assert (best.argument, best.value, best.failures, best.calls, best.other_failures) == ("city", '""', 4, 4, 0)
