"""Keys of databases sold as a service. Passwords in their addresses are found by the rule for URLs."""

from __future__ import annotations

from ag2obs.redaction.characters import BASE64
from ag2obs.redaction.rule import Confidence, Left, Rule

DATABASE_RULES = (
    Rule(
        id="oracle-url",
        anchors=("oracle:thin:",),
        pattern=r"oracle:thin:[\w.$#-]{1,64}/(?P<secret>(?![\[<{$])[^\s\"'\\@/]{4,128}+)@",
        confidence=Confidence.CONTEXT,
        example="jdbc:oracle:thin:scott/<12 a>@//db.internal:1521/shop",
        counter_example="jdbc:oracle:thin:@//db.internal:1521/shop",
    ),
    Rule(
        id="requirepass",
        anchors=("requirepass ", "masterauth ", "bindpw "),
        pattern=r"(?:requirepass|masterauth|bindpw) \\*\"?"
        r"(?P<secret>(?!\[)(?=[^\s\"'\\]{0,64}[0-9])[^\s\"'\\<>$%{]{8,128}+)",
        confidence=Confidence.CONTEXT,
        example="requirepass <12 a>7",
        counter_example="requirepass foobared",
    ),
    Rule(
        id="supabase",
        anchors=("sbp_",),
        left=Left.WORD,
        pattern=r"sbp_(?:v0_)?[0-9a-f]{40,}",
        example="sbp_<40 h>",
        counter_example="sbp_name",
    ),
    Rule(
        id="supabase-secret",
        anchors=("sb_secret_",),
        pattern=r"sb_secret_[\w-]{24,}",
        example="sb_secret_<31 w>",
        counter_example="sb_secret_key",
    ),
    Rule(
        id="planetscale",
        anchors=(
            "pscale_tkn_",
            "pscale_pw_",
            "pscale_oauth_",
            "pscale_pat_",
        ),
        pattern=r"pscale_(?:tkn|pw|oauth|pat)_[\w.=-]{30,}",
        example="pscale_tkn_<43 w>",
        counter_example="pscale_tkn_name",
    ),
    Rule(
        id="neon",
        anchors=("napi_",),
        left=Left.WORD,
        pattern=r"napi_[A-Za-z0-9]{40,}",
        example="napi_<64 a>",
        counter_example="napi_value",
    ),
    Rule(
        id="mongodb-atlas",
        anchors=("mdb_sa_sk_",),
        pattern=r"mdb_sa_sk_[\w-]{32,}",
        example="mdb_sa_sk_<40 w>",
        counter_example="mdb_sa_sk_name",
    ),
    Rule(
        id="clickhouse",
        anchors=("4b1d",),
        left=Left.WORD,
        pattern=r"4b1d[A-Za-z0-9]{38}(?![A-Za-z0-9])",
        example="4b1d<38 a>",
        counter_example="4b1d<36 h>",
    ),
    Rule(
        id="aiven",
        anchors=("AVNS_",),
        left=Left.WORD,
        pattern=r"AVNS_[\w-]{15,}",
        example="AVNS_<19 a>",
        counter_example="AVNS_name",
    ),
    Rule(
        id="cockroach",
        anchors=("CCDB1_",),
        pattern=r"CCDB1_[A-Za-z0-9]{20,}_[A-Za-z0-9]{30,}",
        example="CCDB1_<22 a>_<40 a>",
        counter_example="CCDB1_name",
    ),
    Rule(
        id="astra",
        anchors=("AstraCS:",),
        pattern=r"AstraCS:[A-Za-z0-9]{20,}:[0-9a-f]{40,}",
        example="AstraCS:<24 a>:<64 h>",
        counter_example="AstraCS:name",
    ),
    Rule(
        id="xata",
        anchors=("xau_",),
        left=Left.WORD,
        pattern=r"xau_[A-Za-z0-9]{28,}",
        example="xau_<34 a>",
        counter_example="xau_name",
    ),
    Rule(
        id="elastic",
        anchors=("essu_",),
        left=Left.WORD,
        pattern=r"essu_" + BASE64 + r"{40,}={0,2}",
        example="essu_<60 a>",
        counter_example="essu_name",
    ),
    Rule(
        id="confluent",
        anchors=("cflt",),
        left=Left.WORD,
        pattern=r"cflt[A-Za-z0-9+/]{56,}(?![A-Za-z0-9+/])",
        example="cflt<60 b>",
        counter_example="cflt<10 a>",
    ),
)
