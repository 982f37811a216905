"""Questions whose answer is a secret, and what becomes of the answer."""

from __future__ import annotations

import pytest

from ag2obs.redaction import Redactor, asks_for_secret


@pytest.mark.parametrize(
    "question",
    [
        "What is your password?",
        "Password: ",
        "Please enter your API key",
        "Enter the access token for the repository:",
        "Bitte das Passwort eingeben",
        "Quel est le mot de passe ?",
        "¿Cuál es la contraseña?",
        "Enter the 2FA code",
        "the one-time password, please",
        "Give me the client secret",
        "your PIN?",
    ],
)
def test_a_question_for_a_secret(question: str) -> None:
    assert asks_for_secret(question)


@pytest.mark.parametrize(
    "question",
    [
        "Provide feedback to the assistant. Press enter to skip and use auto-reply, or type 'exit' to end: ",
        "How many tokens may I use?",
        "Which city do you live in?",
        "Shall I go on? (y/n)",
        "What is the key question here?",
        "",
    ],
)
def test_a_question_for_something_else(question: str) -> None:
    assert not asks_for_secret(question)


@pytest.mark.parametrize("accelerated", [True, False])
def test_a_short_answer_is_masked_where_it_stands_alone(accelerated: bool) -> None:
    redactor = Redactor(accelerated=accelerated)
    assert redactor.learn_answer("hun" + "ter2")
    for text in ("it is hun" + "ter2.", '{"a":"hun' + 'ter2"}', "line\\nhun" + "ter2\\nline"):
        assert "hun" + "ter2" not in redactor.redact_text(text)
    assert redactor.redact_text("hun" + "ter2000 and shun" + "ter2") == "hun" + "ter2000 and shun" + "ter2"


@pytest.mark.parametrize("answer", ["yes", "exit", "agent", "2026", "12345", "two words1"])
def test_an_ordinary_word_is_not_masked_everywhere(answer: str) -> None:
    redactor = Redactor()
    assert not redactor.learn_answer(answer) or " " in answer
    assert redactor.redact_text(f"the {answer[:5]} of 2026") == f"the {answer[:5]} of 2026"
