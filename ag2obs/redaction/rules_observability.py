"""Keys of monitoring, logs, product analytics and feature flags."""

from __future__ import annotations

from ag2obs.redaction.characters import BASE64
from ag2obs.redaction.rule import Confidence, Left, Rule

OBSERVABILITY_RULES = (
    Rule(
        id="new-relic",
        anchors=(
            "NRAK-",
            "NRII-",
            "NRIQ-",
            "NRRA-",
            "NRSP-",
        ),
        pattern=r"NR[A-Z]{2}-[\w-]{24,}",
        example="NRAK-<27 u>",
        counter_example="NRAK-name",
    ),
    Rule(
        id="new-relic-license",
        anchors=("FFFFNRAL",),
        lead=32,
        pattern=r"[A-Za-z0-9]{32}FFFFNRAL",
        example="<32 h>FFFFNRAL",
        counter_example="<8 h>FFFFNRAL",
    ),
    Rule(
        id="sentry-organisation",
        anchors=("sntrys_eyJ",),
        pattern=r"sntrys_eyJ" + BASE64 + r"{60,}={0,2}(?:_" + BASE64 + r"{20,})?",
        example="sntrys_eyJpYXQiO<150 b>_<43 b>",
        counter_example="sntrys_eyJpYXQi",
    ),
    Rule(
        id="sentry-user",
        anchors=(
            "sntryu_",
            "sntrya_",
            "sntryi_",
        ),
        pattern=r"sntry[aiu]_[0-9a-f]{40,}",
        example="sntryu_<64 h>",
        counter_example="sntryu_name",
    ),
    Rule(
        id="grafana-service-account",
        anchors=("glsa_",),
        left=Left.WORD,
        pattern=r"glsa_[A-Za-z0-9]{28,}_[0-9a-fA-F]{8}",
        example="glsa_<32 a>_<8 h>",
        counter_example="glsa_name",
    ),
    Rule(
        id="grafana-cloud",
        anchors=("glc_eyJ",),
        pattern=r"glc_eyJ" + BASE64 + r"{40,}={0,2}",
        example="glc_eyJ<120 b>",
        counter_example="glc_eyJvIjoi",
    ),
    Rule(
        id="grafana-legacy",
        anchors=("eyJrIjoi",),
        left=Left.WORD,
        pattern=r"eyJrIjoi" + BASE64 + r"{40,}={0,2}",
        example="eyJrIjoi<80 a>",
        counter_example="eyJrIjoi",
    ),
    Rule(
        id="posthog",
        anchors=("phx_",),
        left=Left.WORD,
        pattern=r"phx_[A-Za-z0-9_]{36,}",
        example="phx_<43 a>",
        counter_example="phx_name",
    ),
    Rule(
        id="dynatrace",
        anchors=("dt0",),
        left=Left.WORD,
        pattern=r"dt0[a-z]\d\d\.[A-Z0-9]{16,}\.[A-Z0-9]{50,}",
        example="dt0c01.<24 u>.<64 u>",
        counter_example="dt0c01.<24 u>",
    ),
    Rule(
        id="honeycomb",
        anchors=(
            "hcaik_",
            "hcalk_",
            "hcbik_",
            "hcxik_",
            "hcxlk_",
            "hcxmk_",
        ),
        left=Left.WORD,
        pattern=r"hc[abx][ilm]k_[a-z0-9]{40,}",
        example="hcaik_<58 l>",
        counter_example="hcaik_name",
    ),
    Rule(
        id="axiom",
        anchors=(
            "xaat-",
            "xapt-",
        ),
        left=Left.WORD,
        pattern=r"xa[ap]t-[0-9a-f-]{36}",
        example="xaat-<uuid>",
        counter_example="xaat-name",
    ),
    Rule(
        id="statsig",
        anchors=("secret-",),
        left=Left.WORD,
        confidence=Confidence.SHARED_PREFIX,
        pattern=r"secret-[A-Za-z0-9]{40,}",
        example="secret-<43 a>",
        counter_example="secret-name",
    ),
)
