"""Secrets whose name stands at the head of a table, over a list or around them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from ag2obs.redaction import Redactor

from .contexts import nested
from .templates import fill

_SECRETS = {
    "CSV": "id,user,password\n1,bob,<12 a>7\n2,amy,<6 x>7\n",
    "CSV, api_key": "name,api_key,region\nx,<32 h>,eu\ny,<32 h>,us\n",
    "CSV, semicolons": "user;secret\nbob;<12 a>7\n",
    "CSV, tabs": "user\ttoken\nbob\t<24 a>7\n",
    "CSV, quoted": '"user","password","note"\n"bob","<12 a>7","a, b"\n"amy","<12 a>7",""\n',
    "CSV, names of two words": "Access key ID,Secret access key\na,<39 a>7\n",
    "CSV, two secrets": "client_id,client_secret,api_token\na,<40 a>7,<40 a>7\n",
    "CSV, below a line": "Here is the file:\nuser,password\nbob,<12 a>7\n",
    "CSV, carriage returns": "user,password\r\nbob,<12 a>7\r\n",
    "Markdown": "| user | password |\n|------|:--------:|\n| bob | <12 a>7 |\n| amy | <12 a>7 |\n",
    "table of a database": " id | api_key\n----+---------\n  1 | <32 h>\n",
    "YAML list": "passwords:\n  - <12 a>7\n  - '<12 a>7'\n  - \"<12 a>7\"  # new\nport: 1\n",
    "YAML list, not indented": "api_keys:\n- <32 h>\n- <32 h>\n",
    "YAML list, in brackets": "api_keys: [<32 h>, <32 h>]\n",
    "list of an argument": "Client(api_keys=['<32 a>', '<32 a>'])",
    "pass": "user: bob pass: <11 a>7",
    "pass with a sign": "login bob/pass=<8 a>7!x",
    "letters that make no word": "the password: bxqfrz<6 x> works",
    "PuTTY": "Public-Lines: 1\nAAAA\nPrivate-Lines: 3\n<64 b>\n<64 b>\n<20 b>=\nPrivate-MAC: 0\n",
    "session cookie": "{'sessionid': '<31 l>z', 'theme': 'dark'}",
    "session cookie of PHP": "{'PHPSESSID': '<25 l>7'}",
    "session cookie of Java": "GET /a;jsessionid=<31 H>7 HTTP/1.1",
    "object of cookies": "{'cookies': {'theme': 'dark', 'session': '<32 a>7', 'csrftoken': '<32 a>7'}}",
    "argument of cookies": "get(url, cookies={'session': '<32 a>7'})",
    "CDATA": "<password><![CDATA[<12 a>7]]></password>",
    "CDATA, only letters": "<password><![CDATA[<12 x>]]></password>",
    "CDATA, signs": "<password><![CDATA[<8 a>7&<8 a>]]></password>",
    "CDATA in an attribute's element": '<parameter name="password"><![CDATA[<12 a>7]]></parameter>',
    "UUID that was refused": "401 Unauthorized: key=<uuid>",
    "braces": "Driver={ODBC Driver 18};Server=x;UID=sa;PWD={<12 a>7};Encrypt=yes",
    "braces around a semicolon": "Server=x;Password={<8 a>7;<8 a>};Encrypt=yes",
    "braces, no connection string": "password={<6 a>7!<6 a>}",
    "object with the value": '{"client_secret": {"sensitive": true, "type": "string", "value": "<12 a>7"}}',
    "object of keys": "api_keys={'openai': '<40 a>7', 'stripe': '<40 a>7'}",
    "validation error": "1 validation error for S\napi_key\n  Value error, bad [type=value, input_value='<12 a>7', x]",
    "wide colon": "password：<12 a>7",  # noqa: RUF001 - as it is written in Chinese
    "colours": "\x1b[36mpassword\x1b[0m=\x1b[35m<12 a>7\x1b[0m",
    "token of a header": 'Authorization: Token token="<12 a>7"',
    "SQL": "INSERT INTO users (id, password) VALUES (7, '<12 a>7'), (8, '<12 a>7')",
    "SQL, quoted names": 'insert into users ("id", "api_key") values (7, \'<32 h>\');',
    "SQL, with a plugin": "ALTER USER a IDENTIFIED WITH mysql_native_password BY '<12 a>7'",
    "SQL, SET PASSWORD": "SET PASSWORD FOR 'bob'@'%' = '<12 a>7';",
    "entities": "{&#x27;password&#x27;: &#x27;<12 a>7&#x27;}",
    "paragraph": "<p>password: <12 a>7</p><p>next</p>",
    "paragraph of a short name": "<p>pw: <12 a>7</p>",
    "ENV of a Dockerfile": "ENV DB_PASSWORD <12 a>7",
    "pass in an object": "{'user': 'bob', 'pass': '<7 l>7'}",
    "pw in an object": "{'user': 'bob', 'pw': '<12 a>7'}",
    "credentials of a user": "credentials: bob:<12 a>7",
    "key in the place of the user": "https://<39 a>7:x-oauth-basic@github.com/o/r.git",
    "selector": "page.fill('input[name=password]', '<9 x>7')",
    "send_keys": "driver.find_element(By.ID, 'password').send_keys('<9 x>7')",
    "added line": "+EAA<90 a>7",
    "cookie called id": "Set-Cookie: id=<24 a>7; Path=/",
    "keys of Plaid": "api_keys={'plaid': '<30 a>7', 'sendgrid': '<30 a>7'}",
    "object of JavaScript": "{password :'<12 a>7'}",
    "sentence with a password": "Log in with password: '<12 a>7'",
    "sentence with a password and no space": "connect with password:'<12 a>7', please",
    "encrypted password": 'the encrypted password: "<12 a>7"',
    "value cut off behind a bracket": "SECRET_KEY=')<14 a>7",
    "long value behind a bracket": "SECRET_KEY = ')<320 a>7'",
    "value with a sign of equality behind a comma": "password=',abc9=<12 a>7'",
    "value behind a bracket": "password=']<12 a>7'",
    "value behind a comma": "password=',<12 a>7'",
    "value behind a brace": 'PASSWORD="}<12 a>7"',
    "value behind a semicolon": "password: ';<12 a>7'",
    "existing password": '{"existing_password": "<12 a>7"}',
    "base token": '{"base_token": "<40 a>7"}',
    "sign of money in a password": "password=<8 a>7€<6 a>7x",
    "scheme of Okta": "Authorization: SSWS 00<38 a>7",
    "code of a network": "WIFI:T:WPA;S:Home;P:<12 a>7;;",
    "user and password": "credentials: anna / <12 a>7",
    "key of Django": "SECRET_KEY = ')<6 a>_7(<20 a>'",
    "parameter of CloudFormation": '{"ParameterKey": "CF_API_TOKEN", "ParameterValue": "<39 a>7"}',
    "sentence in Chinese": "我的password是 <12 a>7 谢谢",
    "key in Chinese": "我的api key是 <35 a>7 谢谢",
    "the Chinese that follows": "请使用passwd：<12 a>7，然后重试。",  # noqa: RUF001 - as it is written in Chinese
    "the quotation mark that follows": "wrote “passwd: <12 a>7” in the chat",
    "last sign of a quoted value": "ALTER USER root IDENTIFIED BY '<9 a>7.';",
    "question mark in a table": "name,value\nregion,eu\nPASSWORD,<8 a>7?G$<4 a>\nmode,prod",
    "key of which a sentence tells": "here's the api key you asked for: <27 a>7",
    "key for a place": "api key for prod: <27 a>7",
    "part of a path": "GET /bot/EAA<90 a>7?x=1",
}

_NONE = [
    "user,password\nbob,required\namy,optional\n",
    "name,token,count\nhello,world,5\n",
    "id,key,value\n1,<32 h>,x\n",
    "id,total_tokens,secret_name\n<24 a>,5,prod/db\n",
    "SELECT user, password\nFROM users, <12 a>7\n",
    "from x import user, token\nresult = f1, <24 a>\n",
    "| name | token | text |\n|---|---|---|\n| a | the token to use | <24 a> |\n",
    "session,request_id,user\n<uuid>,<uuid>,bob\n",
    "user,password_changed\nbob,2024-01-01T00\n",
    "secrets:\n  - db_password\n  - source: <24 a>\n",
    "secrets:\n  - prod-db-2024\n",
    "passwords:\n- must be changed\n",
    "api_keys:\n  - ${KEY_ONE}\n  - your-api-key\n",
    "tokens: [hello, world]",
    "api_keys=[key for key in keys]",
    "passwords: [required, optional]",
    "pass: 12, fail: 3",
    "pass: test_login2 fail: none",
    "bypass: <12 a>7",
    "password: rechtsschutz ist wichtig",
    "the password: catchphrase or passphrase",
    "password: adjacency matrix",
    '{"sessionid": "<32 h>"}',
    '{"sessionid": "<uuid>", "session": "<32 a>"}',
    '{"cookies": {"theme": "dark", "_ga": "GA1.2.12345.6789"}}',
    "<password><![CDATA[string]]></password>",
    "cache miss: key=<uuid>",
    '{"key": "<uuid>", "request_id": "<uuid>"}',
    "error: duplicate entry for key=<uuid>",
    "Server={host};UID={user};PWD={password};",
    "f'Server={host};Password={db_password2};'",
    "password={password1}",
    "password={settings.db2}",
    "token={token}",
    "time_per_token=12.3ms cost_per_token=$0.000002",
    "cookie_domain=.example.com cookie_prefix=__Host-",
    "Set-Cookie: consent=accepted; Max-Age=31536000",
    "Cookie: theme=dark; lang=en",
    "price_per_1k_token=0.03USD",
    "SECRET_KEY=change-me-please",
    "ssl_key: /certs/tls.key",
    "private_key: ~/.ssh/id_ed25519",
    "existingSecret: my-release-postgresql",
    "secrets: inherit",
    "base_token: USDC, gas_token: WETH9",
    "pwd=/home/bob/project2",
    "--- PASS: TestToken2 (0.00s)",
    "docker build --secret id=npmrc,src=.npmrc .",
    "INSERT INTO files (name, sha256) VALUES ('a', '<64 h>')",
    "INSERT INTO users (name, password) VALUES (?, ?), (%s, %s), ($1, $2)",
    '{"password": {"type": "string", "pattern": "^[a-z]{3}$", "description": "The password"}}',
    '{"password": {"$ref": "#/definitions/<24 a>7", "id": "<24 a>7"}}',
    '{"pass": "test_login2", "fail": "none"}',
    '{"element": "Password textbox", "ref": "e12", "text": "missing"}',
    "SecretStr('**********')",
    "e.apiKey=void 0,e.secret=!1",
    "const {password,apiKey:key}=this.props",
    "{apiKey:t,authToken:r,onToken:function(e){return e}}",
    '{"last_password_change": "2026-08-23T19:01:33.018Z"}',
    "db_password: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "{'db_password': '[FILTERED]'}",
    "Authorization: Bearer [FILTERED]",
    '{"apiKey": "{env:API_KEY}"}',
    "ALTER USER app WITH PASSWORD :'pw' -- 20",
    'print("Password:",end="")',
    "print('password:',x)\nprint('done')",
    'f("password:",x, "b")',
    "print('password:',len(x),'chars')",
    "x = ['password:',a,'b']",
    '{"prompt":"password:",next:"value"}',
    "if line.startswith('password:')and b: print('x')",
    """{"code": "print('password:',x)", "other": "it's fine"}""",
    "input('Your password: ',hidden)",
    "api_keys={'openai': {'key_id': '<24 a>7'}}",
    "{'secrets': {'keyId': '<24 a>7', 'sha256': '<64 h>'}}",
    "PASSWORD_HASHERS=argon2 SESSION_COOKIE_SECURE=True",
    "secret: projects/acme/secrets/db/versions/1",
    "password是必填项",
]

_AROUND: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": lambda text: json.dumps({"content": text}),
    "json x2": lambda text: nested({"content": f"first\n{text}"}, 1),
    "json x4": lambda text: nested({"content": text}, 3),
    "slashes of PHP": lambda text: json.dumps({"content": text}).replace("/", "\\/"),
    "member of a list": lambda text: json.dumps(["ok", text]),
    "repr": lambda text: repr({"content": text}),
}


@pytest.mark.parametrize("kind", _SECRETS)
@pytest.mark.parametrize("around", _AROUND)
def test_secret_is_masked(kind: str, around: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, parts = fill(_SECRETS[kind], random.Random(f"{kind}{seed}"))
        redacted = redactor.redact_text(_AROUND[around](text))
        assert not [part for part in parts if any(form in redacted for form in (part, part.replace("/", "\\/")))]
        assert redactor.redact_text(redacted) == redacted
        if around.startswith("json"):
            json.loads(redacted)


@pytest.mark.parametrize("template", _NONE)
def test_what_is_none_stays(template: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, _ = fill(template, random.Random(f"{template}{seed}"))
        for write in _AROUND.values():
            document = write(text)
            assert redactor.redact_text(document) == document


def test_a_key_before_a_colon_is_masked_once(redactor: Redactor) -> None:
    text, _ = fill("curl -u ghp_<36 a>: https://h.example", random.Random(6))
    redacted = redactor.redact_text(text)
    assert redacted == "curl -u [REDACTED:github]: https://h.example"
    assert redactor.redact_text(redacted) == redacted


def test_text_between_the_secrets_of_a_table_is_looked_at(redactor: Redactor) -> None:
    text, parts = fill("user,password,note\nbob,<12 a>7,token=<24 a>7\namy,<12 a>7,ok\n", random.Random(4))
    redacted = redactor.redact_text(text)
    assert not [part for part in parts if part in redacted]
    assert redactor.redact_text(redacted) == redacted


def test_rows_are_found_by_lines_too(redactor: Redactor) -> None:
    text, _ = fill("user,password\n" + "bob,<12 a>7\n" * 50 + "passwords:\n- <12 a>7\n", random.Random(5))
    assert len(redactor.find_in_lines(text.encode())) == 51
