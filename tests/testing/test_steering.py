from ag2obs.testing import Request
from ag2obs.testing.steering import Steering

PROMPT = "Then select the next role from ['ann', 'bob', 'cid'] to play. Only return the role."


def answer(*messages, prompt=PROMPT):
    body = {"messages": [*messages, {"role": "system", "content": prompt}]}
    return Steering().reply(Request(1, None, "/v1/chat/completions", {}, body)).text


def speaks(name, text="hm"):
    return {"role": "user", "name": name, "content": text}


def test_the_speaker_after_the_last_one_is_chosen():
    assert answer() == "ann"
    assert answer(speaks("user_proxy")) == "ann"
    assert answer(speaks("ann")) == "bob"
    assert answer(speaks("ann"), speaks("cid")) == "ann"


def test_a_speaker_may_be_named_by_the_last_message_only():
    assert answer(speaks("ann", "NEXT:cid")) == "cid"
    assert answer(speaks("ann", "NEXT:nobody")) == "bob"
    assert answer(speaks("ann", "NEXT:cid"), speaks("cid")) == "ann"


def test_asked_again_for_a_name_it_gives_one():
    again = "You didn't choose a speaker. The only names that are accepted are ['ann', 'bob']."
    assert answer(speaks("ann"), prompt=again) == "bob"


def test_a_list_in_the_system_message_is_enough():
    body = {"messages": [{"role": "system", "content": PROMPT}, speaks("bob", "SAY:no")]}
    assert Steering().reply(Request(1, None, "/v1/chat/completions", {}, body)).text == "cid"


def test_each_tag_fails_on_its_own():
    steering = Steering()

    def status(tag):
        body = {"messages": [{"role": "user", "content": "FAIL:503:1"}]}
        return steering.reply(Request(1, tag, "/v1/chat/completions", {}, body)).status

    assert [status("a"), status("b"), status("a"), status("b"), status("a")] == [503, 503, 200, 200, 503]
