"""Tokens of code hosting, chat, payment and package platforms."""

from __future__ import annotations

from ag2obs.redaction.rule import Left, Rule

PLATFORM_RULES = (
    Rule(
        id="github",
        anchors=("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        pattern=r"gh[pousr]_(?:[0-9]{3,12}_)?[A-Za-z0-9]{30,}",
        example="ghp_<36 a>",
        counter_example="ghp_token_name",
    ),
    Rule(
        id="github-fine-grained",
        anchors=("github_pat_",),
        pattern=r"github_pat_\w{40,}",
        example="github_pat_<22 a>_<59 a>",
        counter_example="github_pat_name",
    ),
    Rule(
        id="gitlab",
        anchors=(
            "glpat-",
            "gldt-",
            "glrt-",
            "glrtr-",
            "glptt-",
            "glcbt-",
            "glsoat-",
            "glft-",
            "glimt-",
            "glagent-",
            "gloas-",
        ),
        left=Left.WORD,
        pattern=r"gl[a-z]{2,5}-[\w-]{20,}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?",
        example="glpat-<20 w>",
        counter_example="glpat-name",
    ),
    Rule(
        id="slack",
        anchors=("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxc-", "xoxd-", "xoxe."),
        pattern=r"xox[abcdeprs][-.](?:[A-Za-z0-9%./+]{1,255}+-){0,4}[A-Za-z0-9%/+]{10,}",
        example="xoxb-<12 d>-<13 d>-<24 a>",
        counter_example="xoxb-token-name",
    ),
    Rule(
        id="slack-app",
        anchors=("xapp-",),
        pattern=r"xapp-\d-A[A-Z0-9]{8,}-\d{8,}-[A-Za-z0-9]{30,}",
        example="xapp-1-A<10 u>-<13 d>-<64 h>",
        counter_example="xapp-1-name",
    ),
    Rule(
        id="slack-webhook",
        anchors=("hooks.slack.com/", "hooks.slack.com%2F", "hooks.slack.com\\/"),
        pattern=r"hooks\.slack\.com(?:/|%2F|\\+/)(?:services|workflows|triggers)(?P<secret>(?:(?:/|%2F|\\+/)[A-Za-z0-9+_-]{6,80}+){2,4})",
        example="https://hooks.slack.com/services/T<10 u>/B<10 u>/<24 a>",
        counter_example="https://hooks.slack.com/services/",
    ),
    Rule(
        id="stripe",
        anchors=("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_org_"),
        left=Left.WORD,
        pattern=r"[sr]k_(?:live|test|org)_\w{16,}",
        example="sk_live_<24 a>",
        counter_example="sk_live_mode",
    ),
    Rule(
        id="webhook-secret",
        anchors=("whsec_",),
        pattern=r"whsec_[A-Za-z0-9+/]{24,}={0,2}",
        example="whsec_<32 a>",
        counter_example="whsec_name",
    ),
)
