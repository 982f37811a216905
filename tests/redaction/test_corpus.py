"""Recall on generated records; ``pytest -k corpus -s`` prints it by kind."""

from __future__ import annotations

import json
import random
from collections import Counter

from ag2obs.redaction import Redactor
from ag2obs.redaction.rule import Confidence
from ag2obs.redaction.rules import RULES

from .contexts import AROUND_TOKEN, FIELD_SHAPES, PLAIN_FIELD_SHAPES
from .templates import fill

_REPEATS = 3

# Field names and the shape of their values.
_FIELDS = {
    "OPENAI_API_KEY": "<32 a>",
    "azure_openai_api_key": "<32 h>",
    "api_key": "<32 a>",
    "apiKey": "<40 a>",
    "apikey": "<32 a>",
    "x-api-key": "<40 h>",
    "api-key": "<32 h>",
    "Ocp-Apim-Subscription-Key": "<32 h>",
    "xi-api-key": "<32 h>",
    "DD-API-KEY": "<32 h>",
    "X-Auth-Key": "<37 h>",
    "PRIVATE-TOKEN": "<20 w>",
    "X-Vault-Token": "<24 a>",
    "COHERE_API_KEY": "<40 a>",
    "mistral_api_key": "<32 a>",
    "AWS_SECRET_ACCESS_KEY": "<40 a>",
    "aws_secret_access_key": "<40 a>",
    "SecretAccessKey": "<40 a>",
    "secretAccessKey": "<40 a>",
    "aws_session_token": "<80 a>",
    "azure_ad_token": "<60 a>",
    "AZURE_STORAGE_KEY": "<86 a>==",
    "client_secret": "<40 w>",
    "clientSecret": "<40 a>",
    "access_token": "<48 w>",
    "accessToken": "<48 a>",
    "refresh_token": "<64 w>",
    "auth_token": "<32 h>",
    "session_token": "<32 a>",
    "SERPER_API_KEY": "<40 h>",
    "TWILIO_AUTH_TOKEN": "<32 h>",
    "WANDB_API_KEY": "<40 h>",
    "SYSTEM_ACCESSTOKEN": "<52 l>",
    "JWT_SECRET": "<64 h>",
    "SECRET_KEY": "<50 w>",
    "signing_secret": "<32 h>",
    "password": "<9 a>1",
    "DB_PASSWORD": "<12 a>7",
    "db_password": "p@ss<8 a>!4",
    "userPassword": "<10 a>9",
    "passwd": "<9 a>2",
    "pwd": "<9 a>3",
    "ssh_passphrase": "<12 a>5",
    "smtp_pass": "<14 a>6",
    "ACME_API_KEY": "<28 a>",
    "MYCORP_TOKEN": "<28 a>8",
    "HEROKU_API_KEY": "<uuid>",
    "private_key_id": "<40 h>",
    "Authorization": "<24 a>4",
    "proxy-authorization": "<24 a>4",
}
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
            for _ in range(_REPEATS):
                text, parts = fill(rule.example, source)
                recall.add(rule.id, wrap(text), parts)
    assert recall.ratio() >= 0.99


def test_corpus_recall_of_fields(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_027)
    for name, template in _FIELDS.items():
        for shape, write in (FIELD_SHAPES | PLAIN_FIELD_SHAPES).items():
            if "@" in template and shape in PLAIN_FIELD_SHAPES:
                continue
            value, parts = fill(template, source)
            recall.add(shape, write(name, value), parts)
    for template in _AWKWARD_VALUES:
        for shape in _AWKWARD_SHAPES:
            value, parts = fill(template, source)
            recall.add("awkward value", FIELD_SHAPES[shape]("password", value), parts)
    assert recall.ratio() >= 0.98


def test_corpus_recall_of_headers_urls_and_blocks(redactor: Redactor) -> None:
    recall = _Recall(redactor)
    source = random.Random(2_028)
    for kind, template in _WHOLE.items():
        for _ in range(_REPEATS):
            text, parts = fill(template, source)
            for document in _wrap_all(text):
                recall.add(kind, document, parts)
    assert recall.ratio() >= 0.98
