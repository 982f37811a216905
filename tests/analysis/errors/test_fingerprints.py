import pytest

from ag2obs.analysis.errors.fingerprints import fingerprint, masked_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("there is no order 1024", "there is no order <number>"),
        ("took 3.5s of 10 seconds", "took <duration> of <duration>"),
        ("GET https://api.example.com/v1?x=1 failed", "GET <url> failed"),
        ("no such file: '/tmp/a b.txt'", "no such file: <text>"),
        ("cannot open /var/log/app.log", "cannot open <path>"),
        (r"cannot open C:\Users\me\x.log", "cannot open <path>"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id <uuid> gone"),
        ("request req_9a8b7c failed", "request <id> failed"),
        ("at 0x7f3a2b1c", "at <hex>"),
        ('KeyError: "city" in `row`', "KeyError: <text> in <text>"),
        ("it can't be, and won't", "it can't be, and won't"),
        ("since 2026-11-21T08:00:00.123Z", "since <time>"),
        ("used 1,024 of -5.5e3 (12%)", "used <number> of <number> (<number>)"),
        ("two\nlines\t", "two lines"),
        ("", ""),
    ],
)
def test_what_varies_is_masked(text, masked):
    assert masked_text(text) == masked


def test_the_same_failure_has_one_fingerprint_and_another_has_not():
    first = fingerprint("ValueError", "shop:find", "no order 1", 400)
    assert first.id == fingerprint("ValueError", "shop:find", "no order 22", 400).id
    others = {
        fingerprint("KeyError", "shop:find", "no order 1", 400).id,
        fingerprint("ValueError", "shop:look", "no order 1", 400).id,
        fingerprint("ValueError", "shop:find", "no customer 1", 400).id,
        fingerprint("ValueError", "shop:find", "no order 1", 500).id,
    }
    assert len(others | {first.id}) == 5
    assert first.id.startswith("f")
    assert len(first.id) == 11


@pytest.mark.parametrize("piece", ["'", '"', "a-", "/x", "1,", "1.", "http://", "2026-11-21", "`a", "\ud800"])
def test_hostile_texts_are_masked_all_the_same(piece):
    assert fingerprint("E", None, piece * 200_000).id
