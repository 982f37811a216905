"""Passwords in arguments of programs and in SQL. Long options (``--password``) are found by their name."""

from __future__ import annotations

from ag2obs.redaction.command_lines import ATTACHED_VALUE, VALUE, argument, up_to
from ag2obs.redaction.rule import Confidence, Rule

_SPACE_OR_NAME = frozenset(b" \tabcdefghijklmnopqrstuvwxyz_-\\")

COMMAND_RULES = (
    Rule(
        id="mysql-password",
        anchors=("mysql", "mariadb"),
        follow=_SPACE_OR_NAME,
        check=argument(rb"(?:mysql|mariadb)[a-z_-]{0,12}" + up_to(rb"-p(?=[^\s])") + VALUE),
        confidence=Confidence.CONTEXT,
        example="mysql -u root -p<12 a> shop",
        counter_example="mysql -u root -p shop",
    ),
    Rule(
        id="login-password",
        anchors=("sshpass ", "docker login", "podman login", "registry login", "az login", "mongo", "snowsql "),
        follow=_SPACE_OR_NAME | frozenset(b"'\"$<"),
        check=argument(
            rb"(?:sshpass|(?:docker|podman|registry|az) login|mongo[a-z]{0,8}|snowsql)"
            + up_to(rb"-p")
            + rb"[ \t]*"
            + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="sshpass -p <12 a> ssh root@db",
        counter_example="sshpass -p $SSHPASS ssh root@db",
    ),
    Rule(
        id="service-password",
        anchors=("redis-cli", "ldapsearch", "ldapadd", "ldapmodify", "mosquitto_pub", "mosquitto_sub"),
        check=argument(rb"(?:redis-cli|ldap[a-z]{3,6}|mosquitto_[a-z]{3})" + up_to(rb"-[awP]") + rb"[ \t]+" + VALUE),
        confidence=Confidence.CONTEXT,
        example="redis-cli -h cache -a <12 a> ping",
        counter_example="redis-cli -h cache -p 6379 ping",
    ),
    Rule(
        id="curl-password",
        anchors=("curl",),
        follow=frozenset(b" \t\\"),
        check=argument(
            rb"curl"
            + up_to(rb"-u|--user|-U|--proxy-user")
            + rb"""[ \t=]*\\*["']?[^\s:"'\\/]{0,64}:(?!//)"""
            + ATTACHED_VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="curl -s -u admin:<12 a> https://h.example/v1",
        counter_example="curl -s -u admin:$PASSWORD https://h.example/v1",
    ),
    Rule(
        id="netrc-password",
        anchors=("machine ",),
        check=argument(rb"machine" + up_to(rb"login") + up_to(rb"password") + rb"[ \t]+" + VALUE),
        confidence=Confidence.CONTEXT,
        example="machine h.example login bob password <12 a>",
        counter_example="machine learning needs no password here",
    ),
    Rule(
        id="openssl-password",
        anchors=("-pass pass:", "-passin pass:", "-passout pass:"),
        check=argument(rb"-pass(?:in|out)? pass:" + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example="openssl enc -d -aes-256-cbc -pass pass:<12 a>",
        counter_example="openssl enc -d -aes-256-cbc -pass env:PASSWORD",
    ),
    Rule(
        id="sql-password",
        anchors=("IDENTIFIED ", "identified ", "PASSWORD '", "password '", "SET PASSWORD ", "set password "),
        check=argument(
            rb"(?i)(?:identified (?:with \w{1,40} )?by|set password(?: for \S{1,80})? ?=|password)"
            rb" (?:password )?'(?=[^']{0,255}[^A-Za-z'])" + VALUE + rb"(?=\\*')"
        ),
        confidence=Confidence.CONTEXT,
        example="CREATE USER app IDENTIFIED BY '<11 a>7'",
        counter_example="CREATE ROLE app LOGIN PASSWORD '<password>'",
    ),
)
