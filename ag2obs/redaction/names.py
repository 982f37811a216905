"""Which field names announce a secret: ``openai_api_key`` does, ``max_tokens`` and ``author`` do not.

A name is cut into words (snake, kebab, dotted and camel case) and judged word by word.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


class Sensitivity(IntEnum):
    """What a name says about its value."""

    NONE = 0
    VALUE_DECIDES = 1
    """``token``, ``FOO_KEY``: secret only if the value looks random."""
    SECRET = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_SECRET_WORDS = _words(
    """password passwords passwd passphrase passcode pwd pw secret secrets apikey apikeys authorization credential
    cookie"""
)
_SECRET_ENDINGS = tuple(
    """password passwd passphrase pwd secret token authkey apikey secretkey privatekey accesskey accountkey masterkey
    signingkey sharedkey licensekey""".split()  # noqa: SIM905 - a table of words reads better than quoted ones
)
_VALUE_DECIDES_WORDS = frozenset(
    {"credentials", "cookies", "pass", "auth", "sig", "signature", "token", "jwt", "dsn", "pat", "verifier"}
)

# "<word> pass" is a password; a bare "pass" is the opposite of a failure.
_BEFORE_PASS = _words(
    """db database smtp imap mail email user admin root login ftp sftp ssh ldap proxy http sql mysql pg postgres redis
    mongo rabbitmq amqp wifi keystore"""
)
_BEFORE_A_SECRET = {"pass": _BEFORE_PASS, "auth": _words("rediscli master")}
"""By word, what makes it a secret whatever the value."""

# "<word> key" is a secret.
_BEFORE_KEY = _words(
    """api secret access private account shared signing encryption decryption master admin auth service subscription
    license storage app application webhook client ssh gpg pgp tls ssl functions function cosmos deploy aes hmac jwt
    rsa root write ingest ingestion vault session age search server integration project user org sdk rest
    instrumentation"""
)
# "<word> key" is an ordinary name of data.
_NOT_BEFORE_KEY = _words(
    """primary foreign public cache sort partition row dict dictionary map object idempotency dedupe routing lookup
    group hot shortcut arrow translation label index unique composite natural surrogate message event config json
    yaml registry next last first answer context issue item field column s3 redis state tool agent trace span key
    on press down up"""
)
# After the sensitive word these turn it into a description of the secret.
_DESCRIBING = _words(
    """policy policies count counts length len min max limit limits expires expiry expiration expire expired url uri
    endpoint path file filename dir name names type types field label hint prompt reset ttl rotation enabled required
    version status usage source manager arn provider at date created updated issued strength score in on used budget
    per rate price cost index idx position format pattern regex rule rules validator schema help description error
    message env var variable mode size window details split ids lifetime timeout ref reference store vault chars
    link page tokens text params uri address backend algorithm algorithms contract symbol found attempts fields changed
    backup audience issuer scopes provider role service header headers contains domain prefix samesite secure httponly
    jar banner consent location column columns engine santa change
    changes hasher hashers hashing validators"""
)
_ID_IS_SECRET_AFTER = frozenset({"access", "private", "secret"})
# Before the sensitive word these make it a question, a count or a special token of a model.
_COUNTING = _words(
    """max min num number n total has is no use uses require requires required forgot show hide need needs with without
    validate check verify invalid missing wrong bad count per"""
)
_COUNTING_TOKEN = _words(
    """prompt completion input output next pad eos bos unk mask sep cls stop start end first last special cached
    reasoning current page sync continuation cancellation cancel predicted accepted rejected image audio text
    previous prev per"""
)
# Of a blockchain: "base_token: USDC".
_BEFORE_A_CURRENCY = _words("gas base quote native reward governance")
# Shell variables that hold the working directory.
_WORKING_DIRECTORY = frozenset({"PWD", "OLDPWD"})


@lru_cache(maxsize=8192)
def sensitivity(name: str) -> Sensitivity:
    """Return what ``name`` says about the value that it names."""
    if name in _WORKING_DIRECTORY:
        return Sensitivity.NONE
    words = [word.lower() for word in _WORDS.findall(name)]
    found = Sensitivity.NONE
    for index, word in enumerate(words):
        found = max(found, _word_sensitivity(words, index, word))
    return found


def is_sensitive_name(name: str) -> bool:
    """Return whether a field or variable called ``name`` may hold a secret."""
    return sensitivity(name) is not Sensitivity.NONE


@lru_cache(maxsize=8192)
def bytes_sensitivity(name: bytes) -> Sensitivity:
    """Return ``sensitivity`` of a name as it stands in a log."""
    return sensitivity(name.decode("ascii", "replace"))


def _word_sensitivity(words: list[str], index: int, word: str) -> Sensitivity:
    before = words[index - 1] if index else ""
    if word in ("key", "keys"):
        level = _key_sensitivity(words, index, before)
    elif word in _VALUE_DECIDES_WORDS:
        qualified = (word == "token" and index > 0) or before in _BEFORE_A_SECRET.get(word, ())
        level = Sensitivity.SECRET if qualified else Sensitivity.VALUE_DECIDES
        if word == "token" and (before in _COUNTING_TOKEN or "per" in words[:index]):
            level = Sensitivity.NONE
        elif word == "token" and before in _BEFORE_A_CURRENCY:
            level = Sensitivity.VALUE_DECIDES
    elif word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS):
        level = Sensitivity.SECRET
    else:
        return Sensitivity.NONE
    if word == "secret" and before == "existing":  # the name of one, in charts of Helm
        return Sensitivity.NONE
    if words[0] in _COUNTING and index:
        return Sensitivity.NONE
    after = words[index + 1 :]
    if any(follower in _DESCRIBING for follower in after):
        return Sensitivity.NONE
    if "id" in after:
        is_half_of_a_pair = word in _ID_IS_SECRET_AFTER or before in _ID_IS_SECRET_AFTER
        return Sensitivity.VALUE_DECIDES if is_half_of_a_pair else Sensitivity.NONE
    return level


def _key_sensitivity(words: list[str], index: int, before: str) -> Sensitivity:
    if index == 0 or before in _NOT_BEFORE_KEY:
        return Sensitivity.NONE
    if before in _BEFORE_KEY:
        return Sensitivity.SECRET
    # "x-functions-keys" lists keys, "sorted_keys" are names: the plural needs a word that makes it secret.
    return Sensitivity.VALUE_DECIDES if words[index] == "key" else Sensitivity.NONE
