"""Tokens of package registries, build services and code search."""

from __future__ import annotations

from ag2obs.redaction.rule import Left, Rule

PACKAGE_RULES = (
    Rule(
        id="atlassian",
        anchors=(
            "ATATT3",
            "ATCTT3",
        ),
        left=Left.WORD,
        pattern=r"AT[AC]TT3[\w-]{60,}(?:(?:=|%3[Dd]|\\+u003[Dd])[0-9A-F]{8})?",
        example="ATATT3xFfGF0<171 w>=<8 H>",
        counter_example="ATATT3xFfGF0",
    ),
    Rule(
        id="bitbucket-app-password",
        anchors=("ATBB",),
        left=Left.WORD,
        pattern=r"ATBB[A-Za-z0-9]{28,}",
        example="ATBB<24 a><8 H>",
        counter_example="ATBB<6 a>",
    ),
    Rule(
        id="docker",
        anchors=(
            "dckr_pat_",
            "dckr_oat_",
        ),
        pattern=r"dckr_[op]at_[\w-]{24,}",
        example="dckr_pat_<27 w>",
        counter_example="dckr_pat_name",
    ),
    Rule(
        id="rubygems",
        anchors=("rubygems_",),
        pattern=r"rubygems_[0-9a-f]{40,}",
        example="rubygems_<48 h>",
        counter_example="rubygems_mirror",
    ),
    Rule(
        id="crates-io",
        anchors=("cio",),
        left=Left.BASE64,
        pattern=r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9+/])",
        example="cio<32 a>",
        counter_example="cio<12 a>",
    ),
    Rule(
        id="circleci",
        anchors=(
            "CCIPAT_",
            "CCIPRJ_",
        ),
        pattern=r"CCIP(?:AT|RJ)_\w{40,}",
        example="CCIPAT_<22 a>_<40 h>",
        counter_example="CCIPAT_name",
    ),
    Rule(
        id="buildkite",
        anchors=("bkua_",),
        left=Left.WORD,
        pattern=r"bkua_[0-9a-f]{32,}",
        example="bkua_<40 h>",
        counter_example="bkua_name",
    ),
    Rule(
        id="sonar",
        anchors=(
            "sqp_",
            "squ_",
            "sqa_",
        ),
        left=Left.WORD,
        pattern=r"sq[apu]_[0-9a-f]{40}",
        example="sqp_<40 h>",
        counter_example="sqp_project",
    ),
    Rule(
        id="artifactory",
        anchors=("AKCp",),
        left=Left.WORD,
        pattern=r"AKCp[A-Za-z0-9]{60,}",
        example="AKCp<69 a>",
        counter_example="AKCp<9 a>",
    ),
    Rule(
        id="artifactory-reference",
        anchors=("cmVmdGtuO",),
        left=Left.WORD,
        pattern=r"cmVmdGtuO[A-Za-z0-9]{50,}",
        example="cmVmdGtuO<55 a>",
        counter_example="cmVmdGtuO",
    ),
    Rule(
        id="sourcegraph",
        anchors=("sgp_",),
        left=Left.WORD,
        pattern=r"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}",
        example="sgp_<16 h>_<40 h>",
        counter_example="sgp_index",
    ),
    Rule(
        id="nuget",
        anchors=("oy2",),
        left=Left.BASE64,
        pattern=r"oy2[a-z0-9]{43}(?![A-Za-z0-9])",
        example="oy2<43 l>",
        counter_example="oy2<10 l>",
    ),
    Rule(
        id="clojars",
        anchors=("CLOJARS_",),
        pattern=r"CLOJARS_[0-9a-f]{50,}",
        example="CLOJARS_<60 h>",
        counter_example="CLOJARS_USERNAME",
    ),
    Rule(
        id="readme",
        anchors=("rdme_",),
        left=Left.WORD,
        pattern=r"rdme_[a-z0-9]{60,}",
        example="rdme_<70 l>",
        counter_example="rdme_name",
    ),
    Rule(
        id="npm",
        anchors=("npm_",),
        left=Left.WORD,
        pattern=r"npm_[A-Za-z0-9]{36,}",
        example="npm_<36 a>",
        counter_example="npm_config_registry",
    ),
    Rule(
        id="pypi",
        anchors=("pypi-AgE",),
        pattern=r"pypi-AgE[\w-]{50,}",
        example="pypi-AgEIcHlwaS5vcmcCJ<152 w>",
        counter_example="pypi-AgEnt",
    ),
)
