"""Secrets without a prefix of their own: the field, header, URL or block around them says what they are."""

from __future__ import annotations

from ag2obs.redaction.escaped_characters import find_escaped_token
from ag2obs.redaction.fields import find_field, find_query_value
from ag2obs.redaction.headers import find_basic, find_bearer
from ag2obs.redaction.pem import find_private_key, find_putty_key
from ag2obs.redaction.rule import Confidence, Left, Rule
from ag2obs.redaction.sentences import find_failed_key, find_in_sentence
from ag2obs.redaction.session_cookies import SESSION_COOKIES, find_session_cookie
from ag2obs.redaction.urls import find_url_password

_NAME_MAY_GO_ON = frozenset(b"\"'`\\=: \t%&,<>*|_-(]\x1b\xe6\xef0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NAME_OR_PLURAL = _NAME_MAY_GO_ON | {ord("s")}

_JOINED = ("accesskey", "accountkey", "authkey", "masterkey", "privatekey", "secretkey", "sharedkey")
_JOINED_KEYS = (*_JOINED, *(name.upper() for name in _JOINED))
_WORDS_BEFORE_KEY = (
    *(
        "API",
        "api",
        "Api",
        "access",
        "Access",
        "secret",
        "Secret",
        "license",
        "account",
        "app",
        "encryption",
        "private",
    ),
    *(
        "signing",
        "storage",
        "subscription",
        "auth",
        "Auth",
        "cosmos",
        "Cosmos",
        "AES",
        "OpenAI",
        "Anthropic",
        "Claude",
        "Gemini",
    ),
    *("Groq", "openai", "anthropic", "Mistral", "Azure", "Google", "GitHub", "Stripe", "SendGrid", "Twilio"),
)
_PASS_STEMS = ("_pass", "_PASS", "Pass", "-pass", '"pass', "'pass", '"pw', "'pw", "_pw", "_PW", "-pw", "Pw")


def _cases(*stems: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for stem in stems for form in (stem, stem.upper(), stem.capitalize())))


CONTEXT_RULES = (
    Rule(
        id="jwt",
        anchors=("eyJ",),
        left=Left.WORD,
        pattern=r"eyJ[\w-]{8,}+\.[\w-]{6,}+(?:\.[\w-]*+){1,3}",
        example="eyJhbGciOiJIUzI1NiJ9.eyJ<40 w>.<43 w>",
        counter_example="eyJhbGciOiJIUzI1NiJ9",
    ),
    Rule(
        id="private-key",
        anchors=("-----BEGIN ", "-----BEGIN%20", "-----BEGIN+"),
        check=find_private_key,
        spans_lines=True,
        example="-----BEGIN RSA PRIVATE KEY-----\n<64 b>\n<64 b>\n<20 b>==\n-----END RSA PRIVATE KEY-----",
        counter_example="-----BEGIN CERTIFICATE-----\n<64 b>\n-----END CERTIFICATE-----",
    ),
    Rule(
        id="putty-private-key",
        anchors=("Private-Lines:",),
        check=find_putty_key,
        spans_lines=True,
        example="Private-Lines: 2\n<64 b>\n<20 b>=\nPrivate-MAC: 0",
        counter_example="Private-Lines: 14 in this file",
    ),
    Rule(
        id="url-password",
        anchors=("://", ":\\/\\/"),
        check=find_url_password,
        example="postgres://app:<8 a>@<6 a>@db.internal:5432/app",
        counter_example="https://example.com:8443/users/@someone",
    ),
    Rule(
        id="bearer",
        anchors=_cases("bearer"),
        follow=frozenset(b" +%"),
        check=find_bearer,
        confidence=Confidence.CONTEXT,
        example="Bearer <40 w>",
        counter_example="bearer authentication-required",
    ),
    Rule(
        id="basic",
        anchors=("Basic ", "basic "),
        check=find_basic,
        confidence=Confidence.CONTEXT,
        example="Basic dXNlcjp<24 a>",
        counter_example="basic understanding of things",
    ),
    Rule(
        id="authorization",
        anchors=_cases("authorization"),
        follow=_NAME_MAY_GO_ON,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="Authorization: <20 a>1",
        counter_example="Authorization: required",
    ),
    Rule(
        id="cookie",
        anchors=_cases("cookie"),
        follow=_NAME_OR_PLURAL,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="Set-Cookie: sid=<24 a>; Path=/",
        counter_example="Cookie: a small file",
    ),
    Rule(
        id="session-cookie",
        anchors=SESSION_COOKIES,
        follow=_NAME_MAY_GO_ON,
        check=find_session_cookie,
        confidence=Confidence.CONTEXT,
        example="{'PHPSESSID': '<26 l>', 'theme': 'dark'}",
        counter_example='{"sessionid": "<32 h>"}',
    ),
    Rule(
        id="password",
        anchors=(*_cases("password", "passwd", "passphrase", "pwd", "passcode"), *_PASS_STEMS),
        follow=_NAME_OR_PLURAL,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="password=<14 a>",
        counter_example="password = :password",
    ),
    Rule(
        id="secret",
        anchors=_cases("secret", "credential"),
        follow=_NAME_OR_PLURAL,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example='"client_secret": "<40 w>"',
        counter_example="secret_name=reports",
    ),
    Rule(
        id="token",
        anchors=(*_cases("token"), "code_verifier", "codeVerifier"),
        follow=_NAME_MAY_GO_ON,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="'access_token': '<48 w>'",
        counter_example='"token": 512',
    ),
    Rule(
        id="api-key",
        anchors=("_key", "-key", "_KEY", "-KEY", "Key", "apikey", "APIKEY", *_JOINED_KEYS),
        follow=_NAME_OR_PLURAL,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="AZURE_OPENAI_API_KEY=<32 h>",
        counter_example='"primary_key": "order_id"',
    ),
    Rule(
        id="key-in-a-sentence",
        anchors=(
            *(f"{word} key" for word in _WORDS_BEFORE_KEY),
            *("API Key", "Api Key", "Access Key", "Secret Key", "API token", "api token", "access token"),
            *("Access token", "auth token", "bearer token", "refresh token", "session token", "client secret"),
            *("Client secret", "Invalid token", "invalid token", "Bad credentials", "bad credentials"),
        ),
        check=find_in_sentence,
        follow=frozenset(b" :='\"`\\*s(\xe6"),
        confidence=Confidence.CONTEXT,
        example="Incorrect API key provided: <31 a>7. You can find your key in the settings.",
        counter_example="Incorrect API key provided: see the documentation",
    ),
    Rule(
        id="key-in-an-error",
        anchors=("key=",),
        check=find_failed_key,
        confidence=Confidence.CONTEXT,
        example="401 Unauthorized: key=<32 h>",
        counter_example="cache miss: key=<32 h>",
    ),
    Rule(
        id="escaped-token",
        anchors=("\\u00",),
        follow=frozenset(b"34567"),
        check=find_escaped_token,
        confidence=Confidence.CONTEXT,
        example="".join(f"\\u00{byte:x}" for byte in b"Xk3vT9qLw2Zr8Nbp"),
        counter_example="\\u0041\\u0042\\u0043",
    ),
    Rule(
        id="auth-field",
        anchors=("_auth", "-auth", "-Auth", "_AUTH"),
        follow=_NAME_MAY_GO_ON,
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="_auth=<40 a>7",
        counter_example="oauth_auth=basic",
    ),
    Rule(
        id="personal-access-token",
        anchors=("_PAT", "_pat", "-pat"),
        follow=frozenset(b"\"'`\\=: "),
        check=find_field,
        confidence=Confidence.CONTEXT,
        example="AZURE_DEVOPS_EXT_PAT=<51 l>7",
        counter_example="regular_pat=none",
    ),
    Rule(
        id="query-key",
        anchors=("?key=", "&key=", "\\u0026key=", "&amp;key=", "%26key%3D", "%3Fkey%3D"),
        check=find_query_value,
        confidence=Confidence.CONTEXT,
        example="https://maps.example.com/v1?key=<39 a>",
        counter_example="https://maps.example.com/v1?key=name",
    ),
    Rule(
        id="url-signature",
        anchors=("?sig=", "&sig=", "\\u0026sig=", "&amp;sig=", "%26sig%3D", "?code=", "&code="),
        check=find_query_value,
        confidence=Confidence.CONTEXT,
        example="https://a.blob.core.windows.net/c?sv=2024-11-04&sig=<43 a>%3D",
        counter_example="https://a.blob.core.windows.net/c?sig=none",
    ),
    Rule(
        id="signature-field",
        anchors=('"sig', "'sig"),
        follow=frozenset(b"\"'\\"),
        check=find_field,
        confidence=Confidence.CONTEXT,
        example='{"sig": "<43 a>="}',
        counter_example='{"sig": "none"}',
    ),
)
