"""Tokens of mail, chat and telephone services."""

from __future__ import annotations

from ag2obs.redaction.characters import ALPHANUMERICS, DIGITS, HEX
from ag2obs.redaction.rule import Left, Rule

MESSAGING_RULES = (
    Rule(
        id="sendgrid",
        anchors=("SG.",),
        left=Left.WORD,
        pattern=r"SG\.[\w-]{16,}\.[\w-]{30,}",
        example="SG.<22 w>.<43 w>",
        counter_example="SG.name.other",
    ),
    Rule(
        id="mailgun",
        anchors=("key-",),
        left=Left.WORD,
        follow=HEX,
        pattern=r"key-[0-9a-f]{32}",
        example="key-<32 h>",
        counter_example="key-<12 h>",
    ),
    Rule(
        id="mailchimp",
        anchors=("-us",),
        lead=32,
        follow=DIGITS,
        pattern=r"[0-9a-f]{32}-us\d{1,2}(?!\w)",
        example="<32 h>-us19",
        counter_example="<8 h>-us19",
    ),
    Rule(
        id="brevo",
        anchors=(
            "xkeysib-",
            "xsmtpsib-",
        ),
        pattern=r"x(?:key|smtp)sib-[0-9a-f]{40,}-\w{8,}",
        example="xkeysib-<64 h>-<16 a>",
        counter_example="xkeysib-name",
    ),
    Rule(
        id="resend",
        anchors=("re_",),
        left=Left.WORD,
        pattern=r"re_[A-Za-z0-9]{6,10}_[A-Za-z0-9]{20,}",
        example="re_<8 a>_<24 a>",
        counter_example="re_match_index",
    ),
    Rule(
        id="twilio",
        anchors=("SK",),
        left=Left.BASE64,
        follow=HEX,
        pattern=r"SK[0-9a-f]{32}(?![0-9A-Za-z])",
        example="SK<32 h>",
        counter_example="SK<12 h>",
    ),
    Rule(
        id="klaviyo",
        anchors=("pk_",),
        left=Left.WORD,
        follow=HEX,
        pattern=r"pk_[0-9a-f]{34}",
        example="pk_<34 h>",
        counter_example="pk_<10 h>",
    ),
    Rule(
        id="onesignal",
        anchors=("os_v2_",),
        left=Left.WORD,
        pattern=r"os_v2_(?:app|org)_[a-z0-9]{60,}",
        example="os_v2_app_<103 l>",
        counter_example="os_v2_app_name",
    ),
    Rule(
        id="telegram-bot",
        anchors=(
            ":AA",
            "%3AAA",
        ),
        pattern=r"(?<=\d{8})(?::|%3A)(?P<secret>AA[\w-]{30,})",
        example="<5 d><5 d>:AA<33 w>",
        counter_example="12:AA<33 w>",
    ),
    Rule(
        id="discord-bot",
        anchors=(
            "MD",
            "MT",
            "Mj",
            "Mz",
            "ND",
            "NT",
            "Nj",
            "Nz",
            "OD",
            "OT",
        ),
        left=Left.BASE64,
        follow=ALPHANUMERICS,
        pattern=r"[MNO][DTjz][\w-]{20,28}\.[\w-]{5,7}\.[\w-]{25,}",
        example="MT<24 a>.G<5 a>.<38 w>",
        counter_example="MTIzNDU2.txt",
    ),
    Rule(
        id="discord-webhook",
        anchors=(
            "/api/webhooks/",
            "%2Fapi%2Fwebhooks%2F",
            "\\/api\\/webhooks\\/",
        ),
        pattern=r"(?:/|%2F|\\+/)api(?:/|%2F|\\+/)webhooks(?:/|%2F|\\+/)\d{15,22}(?:/|%2F|\\+/)(?P<secret>[\w-]{50,})",
        example="https://discord.com/api/webhooks/<5 d><5 d><5 d><3 d>/<68 w>",
        counter_example="/api/webhooks/12/name",
    ),
    Rule(
        id="teams-webhook",
        anchors=(
            "/IncomingWebhook/",
            "%2FIncomingWebhook%2F",
            "\\/IncomingWebhook\\/",
        ),
        pattern=r"(?:/|%2F|\\+/)IncomingWebhook(?:/|%2F|\\+/)(?P<secret>[0-9a-f]{32}(?:(?:/|%2F|\\+/)[0-9a-f-]{36}(?:(?:/|%2F|\\+/)[\w-]{20,})?)?)",
        example="https://a.webhook.office.com/webhookb2/0-0@0-0/IncomingWebhook/<32 h>/<uuid>",
        counter_example="/IncomingWebhook/name",
    ),
)
