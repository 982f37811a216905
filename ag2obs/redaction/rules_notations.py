"""Secrets whose name stands further away, or in another language."""

from __future__ import annotations

from ag2obs.redaction.characters import ALPHANUMERICS
from ag2obs.redaction.lists import NAMES_OF_LISTS, find_items
from ag2obs.redaction.named_values import (
    find_block_scalar,
    find_credentials_of_a_call,
    find_default,
    find_encoded_credentials,
    find_form_field,
    find_new_value,
    find_pass,
    find_rejected_value,
    find_request_signature,
    find_value_of_name,
)
from ag2obs.redaction.other_languages import KEY_WORDS, PASSWORD_WORDS, find_key_word, find_password_word
from ag2obs.redaction.rule import Confidence, Rule
from ag2obs.redaction.sql_inserts import find_inserted
from ag2obs.redaction.tables import COLUMN_NAMES, find_in_table

NOTATION_RULES = (
    Rule(
        id="column-of-a-table",
        anchors=COLUMN_NAMES,
        follow=frozenset(b",;|\t\r\n\\\"' "),
        check=find_in_table,
        spans_lines=True,
        stands_apart=True,
        confidence=Confidence.CONTEXT,
        example="user,password,port\nbob,<12 a>7,22\namy,<12 a>7,22\n",
        counter_example="user,password,port\nbob,required,22\n",
    ),
    Rule(
        id="inserted-value",
        anchors=("VALUES", "values", "Values"),
        follow=frozenset(b" (\r\n\\"),
        check=find_inserted,
        spans_lines=True,
        stands_apart=True,
        confidence=Confidence.CONTEXT,
        example="INSERT INTO users (name, password) VALUES ('bob', '<12 a>7'), ('amy', '<12 a>7')",
        counter_example="INSERT INTO files (name, sha256) VALUES ('a', '<64 h>')",
    ),
    Rule(
        id="rejected-value",
        anchors=("input_value=",),
        check=find_rejected_value,
        spans_lines=True,
        confidence=Confidence.CONTEXT,
        example="1 validation error for S\napi_key\n  Value error, bad [type=value_error, input_value='<12 a>7', x]",
        counter_example="1 validation error for S\nname\n  Value error, bad [type=value, input_value='<12 a>7', x]",
    ),
    Rule(
        id="value-of-a-name",
        anchors=("value:", 'value":', 'value\\":', "ParameterValue"),
        check=find_value_of_name,
        spans_lines=True,
        confidence=Confidence.CONTEXT,
        example="env:\n- name: DB_PASSWORD\n  value: <14 a>7\n",
        counter_example="env:\n- name: LOG_LEVEL\n  value: <14 a>7\n",
    ),
    Rule(
        id="default-of-a-variable",
        anchors=("default",),
        follow=frozenset(b" ="),
        check=find_default,
        spans_lines=True,
        confidence=Confidence.CONTEXT,
        example='variable "db_password" {\n  type = string\n  default = "<14 a>7"\n}\n',
        counter_example='variable "region" {\n  default = "<14 a>7"\n}\n',
    ),
    Rule(
        id="block-scalar",
        anchors=(": |", ": >"),
        follow=frozenset(b"+-\r\n\\"),
        check=find_block_scalar,
        spans_lines=True,
        confidence=Confidence.CONTEXT,
        example="db:\n  password: |\n    <14 a>7\n",
        counter_example="db:\n  password: |\n    must be changed\n",
    ),
    Rule(
        id="item-of-a-list",
        anchors=NAMES_OF_LISTS,
        follow=frozenset(b"\r\n\\"),
        check=find_items,
        spans_lines=True,
        stands_apart=True,
        confidence=Confidence.CONTEXT,
        example="passwords:\n  - <12 a>7\n  - '<12 a>7'\nport: 22\n",
        counter_example="secrets:\n  - db_password\n  - source: certificate\n",
    ),
    Rule(
        id="pass",
        anchors=(
            *("pass:", "Pass:", "PASS:", "pass=", "Pass=", "PASS=", "pass is", "Pass is", "pass =", "Pass ="),
            *("pw:", "Pw:", "PW:", "pw=", "Pw=", "PW=", "pw is", "PW is", "pw ="),
        ),
        follow=frozenset(b" \\\"'`!@#$^&*?~+") | ALPHANUMERICS,
        check=find_pass,
        confidence=Confidence.CONTEXT,
        example="user: bob pass: <11 a>7",
        counter_example="pass: test_login2, fail: 3",
    ),
    Rule(
        id="form-field",
        anchors=("form-data; ",),
        check=find_form_field,
        spans_lines=True,
        confidence=Confidence.CONTEXT,
        example='Content-Disposition: form-data; name="password"\r\n\r\n<14 a>7\r\n--x',
        counter_example='Content-Disposition: form-data; name="title"\r\n\r\n<14 a>7\r\n--x',
    ),
    Rule(
        id="new-value",
        anchors=('" -> "', '\\" -> \\"'),
        check=find_new_value,
        confidence=Confidence.CONTEXT,
        example='~ password = "<9 a>7" -> "<14 a>7"',
        counter_example='~ version = "<9 a>7" -> "<14 a>7"',
    ),
    Rule(
        id="encoded-credentials",
        anchors=('"auth', "'auth"),
        follow=frozenset(b"\"'\\"),
        check=find_encoded_credentials,
        confidence=Confidence.CONTEXT,
        example='{"auths": {"registry.example.com": {"auth": "dXNlcjp<25 a>"}}}',
        counter_example='{"auth": "dXNlcnBhc3N3b3Jk"}',
    ),
    Rule(
        id="credentials-of-a-call",
        anchors=("auth=", "BasicAuth"),
        follow=frozenset(b"("),
        check=find_credentials_of_a_call,
        confidence=Confidence.CONTEXT,
        example="requests.get(url, auth=('admin', '<12 a>'))",
        counter_example="requests.get(url, auth=('user', 'pass'))",
    ),
    Rule(
        id="request-signature",
        anchors=("response=", "Signature=", "signature="),
        check=find_request_signature,
        confidence=Confidence.CONTEXT,
        example='Authorization: Digest username="a", realm="b", uri="/", response="<32 h>"',
        counter_example="response=<32 h>",
    ),
    Rule(
        id="password-in-a-language",
        anchors=PASSWORD_WORDS,
        check=find_password_word,
        confidence=Confidence.CONTEXT,
        example="Das Passwort lautet <12 a>7",
        counter_example="Das Passwort muss mindestens 8 Zeichen lang sein.",
    ),
    Rule(
        id="key-in-a-language",
        anchors=KEY_WORDS,
        check=find_key_word,
        confidence=Confidence.CONTEXT,
        example="我的API密钥是<32 a>，请使用",  # noqa: RUF001 - as it is written in Chinese
        counter_example="API密钥是必填项，请重试",  # noqa: RUF001 - likewise
    ),
)
