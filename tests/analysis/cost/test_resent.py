import pytest

from ag2obs.analysis.cost.resent import IMAGE_CHARACTERS, MESSAGE_CHARACTERS, SentMessages
from ag2obs.encoding import plain
from ag2obs.events import Event
from ag2obs.message_index import MessageIndex


class Chat:
    """Calls as a session writes them: messages by id, each once."""

    def __init__(self):
        self.index = MessageIndex(plain)
        self.sent = SentMessages()
        self.written = []

    def call(self, *messages, agent="a", paid=True):
        event = Event(kind="llm.call", agent=agent)
        event.id, event.input = self.index.refer_history(
            [{"role": "user", "content": text} if isinstance(text, str) else text for text in messages],
            self.written,
            agent,
        )
        self.tell()
        return self.sent.of_call(event, paid=paid)

    def tell(self):
        for event in self.written:
            self.sent.add(event)
        self.written.clear()


def weights(*texts):
    return sum(len(text) + MESSAGE_CHARACTERS for text in texts)


def test_what_an_earlier_call_sent_is_history():
    chat = Chat()
    first = chat.call("question", "x" * 100)
    assert (first.weight, first.whole) == (0, weights("question", "x" * 100))
    second = chat.call("question", "x" * 100, "more")
    assert (second.weight, second.whole) == (first.whole, first.whole + weights("more"))
    other = chat.call("question", "new", agent="b")
    assert (other.weight, other.whole) == (weights("question"), weights("question", "new"))


def test_tokens_are_shared_out_by_weight_and_nothing_is_divided_by_nothing():
    chat = Chat()
    chat.call("x" * 84)
    assert chat.call("x" * 84, "y" * 284).tokens(1000) == 250
    assert chat.call("z").tokens(10) == 0


@pytest.mark.parametrize("turns", [3, 60])
def test_long_histories_that_refer_to_the_call_before_are_counted_whole(turns):
    chat = Chat()
    texts = {"a": ["system a"], "b": ["system b"]}
    for turn in range(turns):
        for agent in "ab":
            texts[agent].append(f"turn {turn} of {agent}, for both")
            texts["b" if agent == "a" else "a"].append(f"turn {turn} of {agent}, for both")
            resent = chat.call(*texts[agent], agent=agent)
            assert resent.whole == weights(*texts[agent])
            if turn:
                assert resent.whole - resent.weight == weights(texts[agent][-1])


def test_what_was_not_sent_to_a_provider_is_no_history():
    chat = Chat()
    chat.call("question", paid=False)
    again = chat.call("question", "more")
    assert (again.weight, again.whole) == (0, weights("question", "more"))
    assert chat.call("question", "more").weight == again.whole


def test_a_message_written_again_after_a_rotation_is_still_history():
    chat = Chat()
    texts = ["short", "l" * 200]
    chat.call(*texts)
    chat.index.forget()
    chat.sent.add(Event(kind="session.start", continued=True))
    resent = chat.call(*texts, "new")
    assert (resent.weight, resent.whole) == (weights(*texts), weights(*texts, "new"))


def test_contents_that_are_referred_to_count_in_full():
    chat = Chat()
    tool = Event(kind="tool.call", result="r" * 300, id=chat.index.claim_content("r" * 300))
    chat.sent.add(tool)
    resent = chat.call({"role": "tool", "content": "r" * 300, "tool_call_id": "c1"})
    assert resent.whole == 300 + MESSAGE_CHARACTERS
    nested = chat.call({"role": "tool", "tool_responses": [{"role": "tool", "content": "r" * 300}]})
    assert nested.whole > 300 + MESSAGE_CHARACTERS


def test_a_picture_weighs_what_providers_count_not_its_bytes():
    chat = Chat()
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    resent = chat.call({"role": "user", "content": [picture]})
    assert IMAGE_CHARACTERS < resent.whole < IMAGE_CHARACTERS + 100


def test_where_content_is_off_its_length_on_file_counts():
    sent = SentMessages()
    sent.add(Event(kind="message", id="m1", role="user", full_length={"content": 500}))
    sent.add(Event(kind="message", id="m2", role="assistant", full_length={"tool_calls": 70}))
    resent = sent.of_call(Event(kind="llm.call", id="c1", input=["m1-m2"]), paid=True)
    assert resent.whole == 570 + 2 * MESSAGE_CHARACTERS


@pytest.mark.parametrize("sent", [None, [], ["m1", "m7"], ["c9", "m1"], ["m1-m999999999999"], ["nonsense"]])
def test_what_the_log_does_not_tell_is_unknown(sent):
    messages = SentMessages()
    messages.add(Event(kind="message", id="m1", role="user", content="hello"))
    assert messages.of_call(Event(kind="llm.call", id="c1", input=sent), paid=True) is None


def test_a_lost_message_makes_only_the_calls_that_sent_it_unknown():
    chat = Chat()
    chat.call("one")
    chat.index.number({"role": "user", "content": "lost"}, [])
    assert chat.call("one", "lost", "two") is None
    assert chat.call("one", "two").weight == weights("one", "two")
