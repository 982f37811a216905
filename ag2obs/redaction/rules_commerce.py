"""Tokens of shops, payments, logistics, calendars and media."""

from __future__ import annotations

from ag2obs.redaction.characters import HEX
from ag2obs.redaction.rule import Left, Rule

COMMERCE_RULES = (
    Rule(
        id="shippo",
        anchors=("shippo_",),
        left=Left.WORD,
        pattern=r"shippo_(?:live|test)_[0-9a-f]{40}",
        example="shippo_live_<40 h>",
        counter_example="shippo_label",
    ),
    Rule(
        id="paddle",
        anchors=("pdl_",),
        left=Left.WORD,
        pattern=r"pdl_(?:live|sdbx)_(?:apikey_)?[a-z0-9]{20,}_[A-Za-z0-9]{20,}_\w{3}",
        example="pdl_live_apikey_<26 l>_<22 a>_<3 a>",
        counter_example="pdl_live_name",
    ),
    Rule(
        id="trello",
        anchors=("ATTA",),
        left=Left.WORD,
        follow=HEX,
        pattern=r"ATTA[0-9a-f]{64}[0-9A-F]{8}",
        example="ATTA<64 h><8 H>",
        counter_example="ATTACHMENT",
    ),
    Rule(
        id="zoho",
        anchors=("1000.",),
        left=Left.WORD,
        follow=HEX,
        pattern=r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}",
        example="1000.<32 h>.<32 h>",
        counter_example="1000.50",
    ),
    Rule(
        id="samsara",
        anchors=("samsara_api_",),
        left=Left.WORD,
        pattern=r"samsara_api_[A-Za-z0-9]{28,}",
        example="samsara_api_<30 a>",
        counter_example="samsara_api_name",
    ),
    Rule(
        id="xendit",
        anchors=("xnd_",),
        left=Left.WORD,
        pattern=r"xnd_(?:production|development)_[A-Za-z0-9]{40,}",
        example="xnd_production_<48 a>",
        counter_example="xnd_production_key",
    ),
    Rule(
        id="midtrans",
        anchors=("Mid-server-",),
        left=Left.WORD,
        pattern=r"Mid-server-[\w-]{22,}",
        example="Mid-server-<24 w>",
        counter_example="Mid-server-key",
    ),
    Rule(
        id="calendar",
        anchors=(
            "cal_live_",
            "cal_test_",
        ),
        left=Left.WORD,
        pattern=r"cal_(?:live|test)_[0-9a-f]{32}",
        example="cal_live_<32 h>",
        counter_example="cal_live_event",
    ),
    Rule(
        id="pubnub",
        anchors=("sec-c-",),
        left=Left.WORD,
        pattern=r"sec-c-[A-Za-z0-9+/=-]{36,}",
        example="sec-c-<48 a>",
        counter_example="sec-c-name",
    ),
    Rule(
        id="frame-io",
        anchors=("fio-u-",),
        left=Left.WORD,
        pattern=r"fio-u-[\w-]{60,}",
        example="fio-u-<64 w>",
        counter_example="fio-u-name",
    ),
    Rule(
        id="zapier-webhook",
        anchors=("hooks.zapier.com/hooks/catch/",),
        pattern=r"hooks\.zapier\.com/hooks/catch/\d{4,10}/(?P<secret>[a-z0-9]{6,})",
        example="https://hooks.zapier.com/hooks/catch/<5 d>/<7 l>",
        counter_example="https://hooks.zapier.com/hooks/catch/",
    ),
)
