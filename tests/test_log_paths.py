import os
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.errors import SettingsError
from ag2obs.events import new_session_id
from ag2obs.log_paths import COMPONENT_BYTES, log_folder, log_names, log_path

NOW = datetime(2026, 11, 21, 8, 1, 2, tzinfo=UTC)
SESSION = "20261121T080102-9f86d081a3"

HOSTILE = [
    "", ".", "..", "...", "../../etc/x", "/etc/passwd", "a/b", "a_b", "a\\b", "a-b", "a b", "a\0b",
    "a\nb", "x" * 4000, "x" * 3999 + "y", "x" * 64, "x" * 65, "\N{GRINNING FACE}", "\N{GRINNING FACE}" *
    300, "CON", "con", "aux.txt", "aux", "NUL.", "nul", "lpt1", "com1", "com\N{SUPERSCRIPT ONE}",
    "conin$", "Chat", "chat", "CHAT", "chat.", "chat ", " chat", "chat..", ".chat", "caf\u00e9",
    "cafe\u0301", "cafe", "stra\u00dfe", "strasse", "STRASSE", "\u0130", "i", "\u0131", "I", "\u212a",
    "k", "K", "-rf", "--", "_", "id", "~", "~root", "chat~1", "{chat_id}", "{0}", "%2e%2e", "\ud800",
    "\udfff", "$HOME", "C:", "C:\\x", "a:b", "\u202egpj", "\u200b", SESSION, SESSION.lower(),
    "chat_123", "chat-123",
]  # fmt: skip


def resolved(template, *, session_id=SESSION, chat_id="chat_1", workflow="support", pid=4242):
    return log_path(template, session_id=session_id, chat_id=chat_id, workflow=workflow, now=NOW, pid=pid)


def folded(file):
    """Return what a file system that folds case and Unicode forms makes of a path."""
    return unicodedata.normalize("NFKD", str(file)).casefold()


def test_plain_values_stay_readable_and_the_result_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = resolved("logs/{date}/{workflow}/{chat_id}-{session_id}-{pid}.log")
    assert found == tmp_path / "logs/2026-11-21/support" / f"chat_1-{SESSION}-4242.log"


def test_it_is_resolved_when_asked_and_stays_when_the_working_directory_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = resolved("x.log")
    monkeypatch.chdir("/")
    assert found == tmp_path / "x.log"


def test_nothing_is_created(tmp_path):
    resolved(str(tmp_path / "a" / "{chat_id}.log"))
    assert list(tmp_path.iterdir()) == []


def test_without_placeholder_all_sessions_share_a_file():
    assert resolved("/x/a.log", chat_id="a") == resolved("/x/a.log", chat_id="b", session_id="other")


def test_the_same_chat_has_the_same_file_in_every_session():
    assert resolved("/x/{chat_id}.log") == resolved("/x/{chat_id}.log", session_id=new_session_id(), pid=1)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_id_stays_in_its_folder_and_can_be_created(tmp_path, value):
    found = resolved(str(tmp_path / "in" / "{chat_id}.log"), chat_id=value)
    assert found.parent == tmp_path / "in"
    assert len(os.fsencode(found.name)) <= COMPONENT_BYTES
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~-]*\.log", found.name)
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", found.name)
    found.parent.mkdir()
    found.write_text("")
    assert os.path.realpath(found).startswith(os.path.realpath(tmp_path / "in") + os.sep)


@pytest.mark.parametrize("template", ["/x/{chat_id}.log", "/x/{chat_id}/run.log", "/x/{chat_id}", "/x/{pid}{chat_id}"])
def test_hostile_ids_never_share_a_file(template):
    assert len({folded(resolved(template, chat_id=value)) for value in HOSTILE}) == len(set(HOSTILE))


def test_a_session_id_of_ours_is_kept_and_its_lower_case_twin_is_another_file():
    assert resolved("/x/{session_id}.log").name == f"{SESSION}.log"
    assert folded(resolved("/x/{session_id}.log", session_id=SESSION.lower())) != folded(f"/x/{SESSION}.log")


@pytest.mark.parametrize("value", ["a", "chat_123", "3f1c0b52-7a4e-4c1d-9d67-0e2a8f5b9c11", "0", "x" * 64])
def test_a_plain_id_is_kept(value):
    assert resolved("/x/{chat_id}.log", chat_id=value).name == f"{value}.log"


def test_an_id_that_is_not_plain_keeps_a_readable_part():
    assert re.fullmatch(
        r"order-42-cafe~[0-9a-f]{20}\.log", resolved("/x/{chat_id}.log", chat_id="Order #42 caf\u00e9").name
    )


@pytest.mark.parametrize(
    ("template", "one", "other"),
    [
        (
            "/x/{chat_id}_{workflow}.log",
            {"chat_id": "a", "workflow": "b_c"},
            {"chat_id": "a_b", "workflow": "c"},
        ),
        ("/x/{chat_id}{workflow}", {"chat_id": "a", "workflow": "bc"}, {"chat_id": "ab", "workflow": "c"}),
        ("/x/{chat_id}{pid}", {"chat_id": "a1", "pid": 2}, {"chat_id": "a", "pid": 12}),
        ("/x/{chat_id}1{pid}", {"chat_id": "a", "pid": 12}, {"chat_id": "a1", "pid": 2}),
        (
            "/x/{session_id}-{chat_id}",
            {"session_id": "s-1", "chat_id": "2"},
            {"session_id": "s", "chat_id": "1-2"},
        ),
    ],
)
def test_ids_beside_each_other_cannot_be_shifted_into_the_same_name(template, one, other):
    assert resolved(template, **one) != resolved(template, **other)


@pytest.mark.parametrize(
    "template", ["/x/{chatid}.log", "/x/{}.log", "/x/{chat_id!r}.log", "/x/{chat_id:>9}", "/x/{chat_id.a}"]
)
def test_an_unknown_placeholder_is_refused_with_what_is_allowed(template):
    with pytest.raises(SettingsError, match=r"AG2_RUNTIME_LOG_FILE .* allowed are \{session_id\}, \{chat_id\}"):
        resolved(template)


@pytest.mark.parametrize(
    "template", ["/x/{chat_id.log", "/x/chat_id}.log", "/x/{{chat_id}}.log", "/x/{chat/id}.log", "{"]
)
def test_a_stray_brace_is_refused(template):
    with pytest.raises(SettingsError, match="AG2_RUNTIME_LOG_FILE has a brace"):
        resolved(template)


@pytest.mark.parametrize("template", ["", "logs/", "a\0b"])
def test_a_template_that_is_no_file_is_refused(template):
    with pytest.raises(SettingsError, match="AG2_RUNTIME_LOG_FILE must be the path of a file"):
        resolved(template)


def test_a_name_that_leaves_no_room_is_refused():
    with pytest.raises(SettingsError, match="longer than 200 bytes"):
        resolved("/x/" + "y" * 190 + "{chat_id}.log")


def test_a_long_template_shortens_the_ids_in_it():
    found = resolved(
        "/x/" + "y" * 100 + "{chat_id}-{workflow}-{session_id}",
        chat_id="a" * 64,
        workflow="\u00e9" * 500,
        session_id="z" * 99,
    )
    assert len(os.fsencode(found.name)) <= COMPONENT_BYTES


ids = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="ab-_./\\~ AB\u00e9e\u0301\0", max_size=5),
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(categories=["Cs", "Ll", "Lu", "Nd"]), max_size=8),
)
templates = st.lists(
    st.sampled_from(["{session_id}", "{chat_id}", "{workflow}", "{date}", "{pid}", "-", "_", "/", ".", "~", "a", "1"]),
    min_size=1,
    max_size=7,
).map(lambda parts: "/base/" + "".join(parts) + "{chat_id}x")


@given(
    template=templates,
    one=st.tuples(ids, ids, ids),
    other=st.tuples(ids, ids, ids),
    pids=st.tuples(*[st.integers(1, 99)] * 2),
)
def test_any_ids_stay_inside_and_any_two_differ(template, one, other, pids):
    names = ("session_id", "chat_id", "workflow")
    first = resolved(template, **dict(zip(names, one, strict=True)), pid=pids[0])
    second = resolved(template, **dict(zip(names, other, strict=True)), pid=pids[1])
    for found in (first, second):
        assert Path(os.path.normpath(found)).is_relative_to("/base")
        assert len(found.parts) == len(Path(template).parts)
        assert all(len(os.fsencode(part)) <= COMPONENT_BYTES for part in found.parts)
    differing = {name for name, a, b in zip(names, one, other, strict=True) if a != b}
    if any(f"{{{name}}}" in template for name in differing):
        assert folded(first) != folded(second)


TEMPLATES = [
    "/x/{chat_id}.log", "/x/{date}/{workflow}/{chat_id}-{session_id}.log", "/x/{workflow}-{chat_id}.{pid}",
    "/x/a+{pid}{chat_id}/run.log", "/x/{session_id}/{session_id}", "/x/{chat_id}{workflow}", "/x/run.log",
]  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES)
@given(chat_id=st.sampled_from(HOSTILE) | st.text(), workflow=st.text(), pid=st.integers(1, 2**22))
def test_a_log_has_the_names_of_its_template(template, chat_id, workflow, pid):
    found = resolved(template, chat_id=chat_id, workflow=workflow, pid=pid).relative_to(log_folder(template)).parts
    names = log_names(template)
    assert len(names) == len(found)
    assert all(name.fullmatch(part) for name, part in zip(names, found, strict=True))


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("/x/{chat_id}.log", "Chat.log"),
        ("/x/{chat_id}.log", "chat.log.000001"),
        ("/x/{chat_id}.log", "chatxlog"),
        ("/x/{chat_id}.log", "caf\N{LATIN SMALL LETTER E WITH ACUTE}.log"),
        ("/x/{session_id}.log", "notes.log"),
        ("/x/{date}.log", "2026-1-1.log"),
        ("/x/{pid}.log", "000001.log"),
        ("/x/run.log", "run_log"),
    ],
)
def test_other_names_are_not_those_of_a_template(template, name):
    assert not log_names(template)[-1].fullmatch(name)


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("logs/a.log", "logs"),
        ("a.log", "."),
        ("logs/{session_id}.log", "logs"),
        ("logs/run-{date}/x/{chat_id}.log", "logs"),
        ("{workflow}/a.log", "."),
    ],
)
def test_the_folder_of_a_template_is_what_precedes_its_first_placeholder(template, folder):
    assert log_folder(template) == Path(folder).absolute()


def test_the_folder_of_an_absolute_template(tmp_path):
    assert log_folder(str(tmp_path / "{date}" / "a.log")) == tmp_path
