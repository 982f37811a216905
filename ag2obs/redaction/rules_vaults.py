"""Keys of places where other secrets are kept."""

from __future__ import annotations

from ag2obs.redaction.characters import ALPHANUMERICS, BASE64, HEX
from ag2obs.redaction.rule import Left, Rule

VAULT_RULES = (
    Rule(
        id="vault",
        anchors=(
            "hvs.",
            "hvb.",
            "hvr.",
        ),
        left=Left.WORD,
        pattern=r"hv[sbr]\.[\w-]{24,}",
        example="hvs.<95 w>",
        counter_example="hvs.name",
    ),
    Rule(
        id="vault-legacy",
        anchors=(" s.", "=s.", '"s.', "'s.", ":s."),
        follow=ALPHANUMERICS,
        pattern=r"[ =\"':](?P<secret>s\.(?=[A-Za-z]{0,23}[0-9])(?=[^A-Z]{0,23}[A-Z])[A-Za-z0-9]{24})(?!\.?[\w(/-])",
        example="vault login s.<23 a>7",
        counter_example="it is s.<24 l>",
    ),
    Rule(
        id="doppler",
        anchors=(
            "dp.pt.",
            "dp.st.",
            "dp.ct.",
            "dp.sa.",
            "dp.scim.",
            "dp.audit.",
        ),
        left=Left.WORD,
        pattern=r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,40}\.)?[A-Za-z0-9]{36,}",
        example="dp.st.prd.<43 a>",
        counter_example="dp.st.prd.name",
    ),
    Rule(
        id="1password-service-account",
        anchors=("ops_eyJ",),
        pattern=r"ops_eyJ" + BASE64 + r"{100,}={0,2}",
        example="ops_eyJ<320 b>",
        counter_example="ops_eyJhbGci",
    ),
    Rule(
        id="1password-secret-key",
        anchors=("A3-",),
        left=Left.WORD,
        pattern=r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{6}-[A-Z0-9]{5}|[A-Z0-9]{11})(?:-[A-Z0-9]{5}){3}",
        example="A3-<6 u>-<6 u>-<5 u>-<5 u>-<5 u>-<5 u>",
        counter_example="A3-<6 u>-<6 u>",
    ),
    Rule(
        id="age",
        anchors=("AGE-SECRET-KEY-",),
        pattern=r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40,}",
        example="AGE-SECRET-KEY-1<58 q>",
        counter_example="AGE-SECRET-KEY-1",
    ),
    Rule(
        id="infisical",
        anchors=("st.",),
        left=Left.WORD,
        follow=HEX,
        pattern=r"st\.[0-9a-f]{24}\.[0-9a-f]{32,}",
        example="st.<24 h>.<64 h>",
        counter_example="test.name",
    ),
)
