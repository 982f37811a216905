"""The newest keys keep what is known of them."""

from ag2obs.analysis.newest import Newest


def test_the_key_that_was_not_asked_for_the_longest_is_forgotten():
    newest = Newest[str, list[int]](2, list)
    newest.of("a").append(1)
    newest.of("b").append(2)
    newest.of("a").append(3)
    newest.of("c")
    assert (newest.get("a"), newest.get("b"), newest.get("c")) == ([1, 3], None, [])
    assert newest.of("b") == []
    assert newest.get("a") is None
