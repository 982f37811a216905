"""What looks like a secret and is none must stay."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid

import pytest

from ag2obs.redaction import Redactor

_TEXTS = [
    "the password policy requires twelve characters",
    "Reset your password: it takes a minute.",
    "A token is a piece of a word; the secret: practise.",
    "Your token budget: 4096 tokens per request",
    "password = :password",
    "SELECT id FROM users WHERE password = %s AND token = ?",
    "UPDATE users SET password=$1, api_key=@key",
    'api_key=os.environ["OPENAI_API_KEY"]',
    "api_key = os.getenv('OPENAI_API_KEY')",
    "token = get_token()",
    "token = tokenizer.encode(text)",
    "client = OpenAI(api_key=settings.openai_api_key, timeout=30)",
    "connect(user=user, password=password)",
    "def login(self, password: str, token: Optional[str] = None):",
    "self.api_key = api_key",
    "if password == expected_password:",
    "OPENAI_API_KEY=${OPENAI_API_KEY}",
    "OPENAI_API_KEY=<your key>",
    "OPENAI_API_KEY=sk-...",
    "api_key: xxxxxxxxxxxxxxxx",
    "password: ********",
    "password=changeme",
    "api_key=your-api-key-here",
    "SECRET_KEY: {{ secret_key }}",
    "export HF_TOKEN=$HF_TOKEN",
    "sk-Oriented-AutoML",
    "sk-learn-contrib-lightning",
    "task-force-on-risk-assessment-2024",
    "desk-abcdefghijklmnopqrstuvwxyz123456",
    "gpt-4o-mini-2024-07-18",
    "claude-3-5-sonnet-20241022",
    "https://api.openai.com/v1/chat/completions",
    "https://example.com:8443/users/@someone",
    "mail bob@example.com or see http://localhost:8080/?email=a@b.c",
    "mongodb://h1:27017,h2:27017/db",
    "Authorization: required for this endpoint",
    "bearer tokens are described in RFC 6750",
    "basic understanding of authentication",
    "Cookie: a small text file",
    "PWD=/home/user/project",
    "the author of the passage has authority in the compass bypass",
    "monkey keyboard turkey key: value",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "a file that begins with -----BEGIN PRIVATE KEY----- is a private key",
    "tokenizer_config.json: unk_token=<unk>, pad_token_id: 50256",
]

_FIELDS: list[dict[str, object]] = [
    {"max_tokens": 4096, "total_tokens": 1500, "prompt_tokens": 12, "token_count": 3},
    {"token": 512, "next_token": "the"},
    {"token": "Hello", "logprob": -0.1, "bytes": [72]},
    {"password": None, "api_key": "", "secret": False},
    {"api_key": "EMPTY", "password": "<password>", "token": "None"},
    {"author": "Jane Roe", "session_id": "3f1c9a", "key": "value", "primary_key": "order_0000000012"},
    {"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]},
    {"password_policy": "at least 12 characters", "token_type": "bearer", "secret_name": "prod-db"},
    {"cookie": "chocolate chip", "credentials": "include", "authorization_url": "https://h.example/auth"},
    {"pad_token": "<pad>", "eos_token": "</s>", "bos_token_id": 1},
    {"next_page_token": "CAUQAA", "cache_key": "user-profile-0123456789abcdef"},
    {"tool_choice": "auto", "tokens_source": "provider", "cost_usd": "0.0012", "usage": {"input": 7}},
]


@pytest.mark.parametrize("text", _TEXTS)
def test_text_stays(text: str, redactor: Redactor) -> None:
    for document in (text, json.dumps({"content": text}), json.dumps({"a": json.dumps({"content": text})})):
        data = document.encode()
        assert redactor.redact(data) == (data, 0)


@pytest.mark.parametrize("fields", _FIELDS, ids=lambda fields: next(iter(fields)))
def test_fields_stay(fields: dict[str, object], redactor: Redactor) -> None:
    for document in (json.dumps(fields), str(fields), json.dumps({"a": json.dumps(fields)})):
        data = document.encode()
        assert redactor.redact(data) == (data, 0)


def test_ids_hashes_and_images_stay(redactor: Redactor) -> None:
    source = random.Random(7)
    for _ in range(50):
        blob = source.randbytes(3_000)
        hexadecimal = hashlib.sha256(blob).hexdigest()
        alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        token = "".join(source.choices(alphabet, k=24))
        document = json.dumps(
            {
                "id": f"chatcmpl-{token}",
                "call": f"call_{token}",
                "message": f"msg_{token}",
                "response": f"resp_{hexadecimal}",
                "tool_use": f"toolu_01{token}",
                "request": f"req_{hexadecimal[:32]}",
                "commit": hexadecimal[:40],
                "sha256": hexadecimal,
                "trace": hexadecimal[:32],
                "uuid": str(uuid.UUID(int=source.getrandbits(128), version=4)),
                "image": "data:image/png;base64," + base64.b64encode(blob).decode(),
            }
        ).encode()
        assert redactor.redact(document) == (document, 0)


def test_untouched_data_is_returned_as_the_same_object(redactor: Redactor) -> None:
    data = b'{"content":"nothing here"}'
    assert redactor.redact(data)[0] is data
