"""Content levels over a real chat: a tool, a failing tool, code, a person, a refused call and the block's own error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from autogen import AssistantAgent, OpenAIWrapper, UserProxyAgent
from autogen.coding import LocalCommandLineCodeExecutor

from ag2obs import RuntimeSummary, ag2_logging_session, summarize_runtime_file
from ag2obs.testing import ModelServer, Reply, ToolCall
from tests.integration.conftest import Log, finish
from tests.integration.workflows import config, pair, quiet

WORDS = (
    "zsystem", "zdescription", "zquestion", "zargument", "zresult", "zbroken", "zcode", "zoutput", "zhuman", "zanswer",
    "zrefused", "zblock", "zparameter",
)  # fmt: skip
"""What was said, each word somewhere else."""

FILLER = " and then it goes on for longer than a preview does" * 6
KEY = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8" * 3
MASKED_LATER = "wQ7" + "-later-learned-" + "x9Lm2"


def said(word: str) -> str:
    """Return a long text that begins with a word, and has a secret where a preview is cut."""
    return f"{word} " + ("filler " * 40)[: 190 - len(word)] + f" {KEY} {FILLER}"


@dataclass(frozen=True)
class Run:
    """What a chat left behind at one level."""

    log: Log
    summary: RuntimeSummary

    @property
    def text(self) -> str:
        return self.log.path.read_text(encoding="utf-8")


def chat(server: ModelServer, folder: Path) -> None:
    """Have everything that has content happen once, at last an error of its own."""

    def find(query: Annotated[str, "what"]) -> str:
        return said("zresult")

    def break_down(query: Annotated[str, "what"]) -> str:
        raise ValueError(said("zbroken"))

    code = f"```sh\necho z''output  # zcode {FILLER}\n```"
    server.script(
        [
            Reply(tool_calls=[ToolCall("find", json.dumps({"query": said("zargument")}), "c1")]),
            Reply(tool_calls=[ToolCall("break_down", json.dumps({"query": "zargument"}), "c2")]),
            code,
            said("zanswer"),
            "TERMINATE",
            Reply("zrefused", status=400),
        ]
    )
    assistant = AssistantAgent(
        "assistant",
        llm_config=config(server.base_url, user="zparameter"),
        system_message=said("zsystem"),
        description=said("zdescription"),
    )
    user = UserProxyAgent(
        "user",
        human_input_mode="ALWAYS",
        code_execution_config={"executor": LocalCommandLineCodeExecutor(work_dir=folder)},
        is_termination_msg=lambda message: "TERMINATE" in (message.get("content") or ""),
    )
    for tool in (find, break_down):
        assistant.register_for_llm(description="a tool")(tool)
        user.register_for_execution()(tool)
    user.initiate_chat(assistant, message=said("zquestion"))
    with pytest.raises(Exception, match="zrefused"):
        OpenAIWrapper(**config(server.base_url)).create(messages=[{"role": "user", "content": "again"}])
    raise ValueError(said("zblock"))


@contextmanager
def answering(*answers: str) -> Iterator[None]:
    """Have a person type these lines, and then ``exit``."""
    lines = iter(answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.input", lambda prompt="": next(lines, "exit"))
        yield


def run_at(level: str, folder: Path, **options: Any) -> Run:
    """Have the chat in a session of that level, which ends with an error of its own."""
    folder.mkdir()
    log = Log(folder / "log.jsonl")
    with (
        ModelServer() as server,
        answering("", "", "", said("zhuman")),
        quiet(),
        pytest.raises(ValueError, match="zblock"),
        ag2_logging_session("chat", "levels", settings=log.settings(content=level, **options)) as session,
    ):
        chat(server, folder)
    finish()
    return Run(log, session.summary())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Return the same chat at every level."""
    folder = tmp_path_factory.mktemp("levels")
    return {level: run_at(level, folder / level) for level in ("full", "preview", "off")}


def test_full_has_every_word_that_the_others_are_about(runs: dict[str, Run]) -> None:
    assert [word for word in WORDS if word not in runs["full"].text] == []
    assert "full_length" not in runs["full"].text


def test_off_has_no_word_of_what_was_said(runs: dict[str, Run]) -> None:
    assert [word for word in (*WORDS, "filler", "goes on") if word in runs["off"].text] == []
    kinds = {event["kind"] for event in runs["off"].log.events() if "full_length" in event}
    told = {"message", "llm.call", "tool.call", "agent.created", "human.input", "code.execution", "session.end"}
    assert told <= kinds


def test_a_preview_has_the_beginning_of_everything(runs: dict[str, Run]) -> None:
    assert [word for word in WORDS if word not in runs["preview"].text] == []
    for event in runs["preview"].log.events():
        assert max(map(len, texts(event, "content", "arguments", "result", "tool_calls", "detail", "params"))) <= 200
        assert len(event.get("error", {}).get("message", "")) <= 200


def texts(event: dict[str, Any], *fields: str) -> list[str]:
    """Return every text in these fields."""

    def inside(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from inside(item)

    return [text for field in fields for text in inside(event.get(field))] or [""]


def test_no_secret_is_cut_in_two(runs: dict[str, Run]) -> None:
    for run in runs.values():
        assert KEY[:10] not in run.text
    assert "[REDACTED" in runs["full"].text


def test_the_numbers_are_the_same_at_every_level(runs: dict[str, Run]) -> None:
    full, *others = (run.summary.to_dict() for run in (runs["full"], runs["preview"], runs["off"]))
    assert (full["totals"]["llm_calls"], full["totals"]["failed_calls"], full["totals"]["tool_calls"]) == (6, 1, 2)
    assert full["totals"]["tool_failures"] == 1
    assert full["totals"]["cost_usd"] not in (None, "0")
    for other in others:
        assert comparable(other) == comparable(full)
    for run in runs.values():
        on_file = summarize_runtime_file(run.log.path)
        assert comparable(on_file.to_dict()) == comparable(run.summary.to_dict())


def comparable(table: Any) -> Any:
    """Return a summary without times, ids and how much was masked, which depends on what is stored."""
    if isinstance(table, list):
        return [comparable(item) for item in table]
    if not isinstance(table, dict):
        return table
    left_out = re.compile(r"seconds|_ms|^started$|^ended$|^session_id$|^redactions$")
    return {key: comparable(value) for key, value in table.items() if not left_out.search(key)}


FIELDS = (
    "kind", "id", "role", "name", "agent", "sender", "message", "input", "output", "content_of", "tool", "call_id",
    "success", "status", "usage", "cost_usd", "finish_reason", "model",
)  # fmt: skip


def test_ids_and_names_are_the_same_at_every_level(runs: dict[str, Run]) -> None:
    def outline(run: Run) -> list[Any]:
        return [[event.get(field) for field in FIELDS] for event in run.log.events()]

    assert outline(runs["full"]) == outline(runs["preview"]) == outline(runs["off"])
    calls = [event for event in runs["off"].log.events("llm.call") if event.get("agent") == "assistant"]
    assert calls[1]["input"][:2] == calls[0]["input"] == ["m3", "m2"]  # the history is referred to
    identities = [event["id"] for event in runs["off"].log.events("message")]
    assert len(identities) == len(set(identities))


def test_how_long_it_was_is_told(runs: dict[str, Run]) -> None:
    for whole, off in zip(runs["full"].log.events("message"), runs["off"].log.events("message"), strict=True):
        content = whole.get("content")
        if isinstance(content, str):
            assert off["full_length"]["content"] == len(re.sub(r"\[REDACTED:[\w-]+\]", KEY, content))
            assert "content" not in off


def test_tool_calls_keep_ids_and_names(runs: dict[str, Run]) -> None:
    calls = [event["tool_calls"] for event in runs["off"].log.events("message") if "tool_calls" in event]
    assert {(call["id"], *call["function"].items()) for (call,) in calls} == {
        ("c1", ("name", "find")),
        ("c2", ("name", "break_down")),
    }


def test_levels_of_single_tools(tmp_path: Path) -> None:
    run = run_at("full", tmp_path / "tools", content_tools="find=off,break_down=preview")
    found = {word for word in WORDS if word in run.text}
    assert set(WORDS) - found == {"zresult"}
    find, break_down = run.log.events("tool.call")
    assert not {"arguments", "result"} & find.keys()
    assert find["full_length"].keys() == {"arguments", "result"}
    assert break_down["arguments"] == {"query": "zargument"}
    assert "goes on" not in break_down["result"] + break_down["error"]["message"]
    assert of_tools(run) == {"find": 0, "break_down": 3}
    answers = [event for event in run.log.events("message") if event["role"] == "tool"]
    assert answers
    for answer in answers:
        assert max(map(len, texts(answer, "content", "detail"))) <= 200
    assert run.log.events("session.start")[0]["settings"]["content_tools"] == ["find=off", "break_down=preview"]


def test_one_tool_in_a_session_that_stores_nothing_else(tmp_path: Path) -> None:
    run = run_at("off", tmp_path / "tools", content_tools="break_down=full")
    assert {word for word in WORDS if word in run.text} == {"zbroken", "zargument"}
    assert of_tools(run) == {"find": 0, "break_down": 3}


def of_tools(run: Run) -> dict[str, int]:
    """Return how often the argument of each tool is on file: in its call, and in messages that ask for it."""
    found = {"find": 0, "break_down": 0}
    for line in run.text.splitlines():
        if "zargument" in line:
            event = json.loads(line)
            found[event.get("tool") or event["tool_calls"][0]["function"]["name"]] += 1
    return found


@pytest.mark.parametrize("level", ["preview", "off"])
def test_what_is_learned_later_is_masked_in_what_is_stored(level: str, server: ModelServer, log: Log) -> None:
    """A password turns up in a configuration after it was said, where a preview is cut and in a short message."""
    with quiet(), ag2_logging_session("chat", "levels", settings=log.settings(content=level)):
        assistant, user = pair("x", server.base_url)
        before = ("filler " * 40)[:195]
        user.initiate_chat(assistant, message=f"{before} {MASKED_LATER} {FILLER}", max_turns=1)
        user.initiate_chat(assistant, message=f"in short {MASKED_LATER} it is", max_turns=1)
        on_file = log.path.read_text(encoding="utf-8")
        assert (MASKED_LATER in on_file) is (level == "preview")
        OpenAIWrapper(**config(server.base_url, api_key=MASKED_LATER)).create(
            messages=[{"role": "user", "content": "hello"}]
        )
    finish()
    assert MASKED_LATER[:6] not in log.path.read_text(encoding="utf-8")
    assert summarize_runtime_file(log.path).redactions == (1 if level == "preview" else 0)
