"""Recall on generated records; ``pytest -k corpus -s`` prints it by kind."""

from __future__ import annotations

import json
import random
from collections import Counter

from ag2obs.redaction import Redactor
from ag2obs.redaction.rule import Confidence
from ag2obs.redaction.rules import RULES

from .contexts import AROUND_TOKEN, DISTANT_FIELD_SHAPES, FIELD_SHAPES, PLAIN_FIELD_SHAPES
from .key_names import KEY_NAMES
from .templates import fill

_REPEATS = 3
_FORMATS, _NAMED = 0.99, 0.95

_AWKWARD_VALUES = ("p\"q<8 a>'\\r", "<6 a> <6 a> é<6 a>", '\\\\<8 a>"', "{<8 a>}", "<8 a>\n<8 a>")
_AWKWARD_SHAPES = (
    "json",
    "json compact",
    "json x2",
    "json x3",
    "json x4",
    "json pretty in json",
    "header pair",
)

_WHOLE = {
    "bearer header": "Authorization: Bearer <40 w>1",
    "bearer in curl": "curl -H 'Authorization: Bearer <40 w>1' https://h.example/v1",
    "opaque header": "Authorization: token <40 a>1",
    "basic header": "Authorization: Basic dXNlcjp<24 a>",
    "digest header": 'Authorization: Digest username="a", realm="r", nonce="n", uri="/", response="<32 h>"',
    "pair of a call": "requests.get(url, auth=('admin', '<12 a>7'))",
    "docker login in a file": '{"auths": {"r.example": {"auth": "dXNlcjp<25 a>"}}}',
    "German": "Das Passwort lautet <10 a>7",
    "French": "Le mot de passe est <10 a>7",
    "Chinese": "密码是 <10 a>7。",
    "Japanese": "APIキーは<32 a>です",
    "Russian": "пароль: <10 a>7",
    "cookie header": "Cookie: session=<32 a>; theme=dark",
    "set-cookie header": "Set-Cookie: sid=<32 h>; Path=/; HttpOnly",
    "postgres url": "postgresql+asyncpg://app:<12 a>@db.internal:5432/app",
    "url with @ in password": "redis://:<8 a>@<8 a>@cache:6379/0",
    "two urls": "amqp://u:<12 a>@h1,amqp://u:<12 a>@h2",
    "azure connection string": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<86 b>==;EndpointSuffix=y",
    "service bus": "Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=<43 b>=",
    "ado connection string": "Server=tcp:h,1433;User ID=sa;Password=<10 a>!9;Encrypt=true",
    "sas": "https://x.blob.core.windows.net/c?sv=2024-01-01&sp=r&sig=<42 a>%3D",
    "gemini url": "https://generativelanguage.googleapis.com/v1/models?key=<39 a>7",
    "pem": "-----BEGIN PRIVATE KEY-----\n<64 b>\n<64 b>\n<30 b>==\n-----END PRIVATE KEY-----\n",
    "pem with headers": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n<64 b>\n<64 b>\n"
    "-----END RSA PRIVATE KEY-----",
    "pem cut off": "-----BEGIN OPENSSH PRIVATE KEY-----\n<70 b>\n<70 b>\n<31 b>",
}


def _wrap_all(text: str) -> list[str]:
    return [
        text,
        json.dumps({"content": text}),
        json.dumps({"a": json.dumps({"content": f"first\n{text}\nlast"})}),
        json.dumps({"a": json.dumps({"b": json.dumps({"content": text})})}),
        json.dumps({"content": [{"text": f"\t{text}"}]}),
    ]


class _Recall:
    """Counts parts of secrets by kind, and which of them stayed."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.total: Counter[str] = Counter()
        self.missed: dict[str, list[str]] = {}

    def add(self, kind: str, document: str, parts: list[str]) -> None:
        redacted = self._redactor.redact_text(document)
        self.total[kind] += 1
        left = [part for part in parts if json.dumps(part)[1:-1] in redacted]
        if left:
            self.missed.setdefault(kind, []).append(document)
        assert self._redactor.redact_text(redacted) == redacted
        if document[:2] in ('{"', "[{", "[["):
            json.loads(redacted)

    def ratio(self) -> float:
        """Print recall by kind and return it over all."""
        for kind, total in sorted(self.total.items()):
            print(f"{kind:<32}{1 - len(self.missed.get(kind, ())) / total:>8.1%} of {total}")  # noqa: T201 - the table that -s shows
        for documents in self.missed.values():
            print("missed:", documents[0])  # noqa: T201 - likewise
        return 1 - sum(map(len, self.missed.values())) / self.total.total()


def test_corpus_recall_of_formats(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_026)
    for rule in RULES:
        if rule.confidence is Confidence.CONTEXT:
            continue
        for wrap in AROUND_TOKEN.values():
            text, parts = fill(rule.example, source)
            recall.add(rule.id, wrap(text), parts)
    assert len(AROUND_TOKEN) >= 40
    assert recall.ratio() >= _FORMATS


def test_corpus_recall_of_fields(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_027)
    shapes = FIELD_SHAPES | PLAIN_FIELD_SHAPES
    for kind, (template, names) in KEY_NAMES.items():
        for name in names:
            for shape, write in shapes.items():
                if "!" in template and shape in PLAIN_FIELD_SHAPES:
                    continue
                value, parts = fill(template, source)
                recall.add(kind, write(name, value), parts)
    assert len(shapes) >= 40
    for template in _AWKWARD_VALUES:
        for shape in _AWKWARD_SHAPES:
            value, parts = fill(template, source)
            recall.add("awkward value", FIELD_SHAPES[shape]("password", value), parts)
    assert recall.ratio() >= _NAMED


def test_corpus_recall_of_distant_fields(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_029)
    for kind in ("azure-openai", "cohere", "cloudflare", "pinecone", "password", "client-secret", "own-vendor"):
        template, names = KEY_NAMES[kind]
        for shape, write in DISTANT_FIELD_SHAPES.items():
            value, parts = fill(template, source)
            recall.add(shape, write(names[0], value), parts)
    assert recall.ratio() >= _NAMED


def test_corpus_recall_of_headers_urls_and_blocks(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_028)
    for kind, template in _WHOLE.items():
        for _ in range(_REPEATS):
            text, parts = fill(template, source)
            for document in _wrap_all(text):
                recall.add(kind, document, parts)
    assert recall.ratio() >= _NAMED
