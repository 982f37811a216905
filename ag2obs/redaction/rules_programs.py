"""Passwords and tokens in the arguments of tools for archives, shares, remote desktops and publishing."""

from __future__ import annotations

from ag2obs.redaction.command_lines import ATTACHED_VALUE, VALUE, argument, up_to
from ag2obs.redaction.rule import Confidence, Left, Rule

_SPACE = frozenset(b" \t\\")
_LOOKS_MADE_UP = rb"(?=[^\s|\"']{0,255}[0-9])(?=[^\s|\"']{0,255}[A-Za-z])"

PROGRAM_RULES = (
    Rule(
        id="archive-password",
        anchors=("zip ", "7z ", "7za ", "7zz ", "rar "),
        check=argument(
            rb"(?:zip[ ]|7z[az]?[ ]|rar[ ])(?:[^\s-]\S{0,200}[ ]|-[a-oq-zA-OQ-Z]\S{0,40}[ ]){0,8}+"
            rb"(?:-P[ ]|-h?p(?=\\*[\"']?\S))" + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="7z x -p<12 a>7 backup.7z",
        counter_example="7z a -p backup.7z folder",
    ),
    Rule(
        id="database-tool-password",
        anchors=("sqlcmd ", "bcp ", "keytool ", "jarsigner "),
        check=argument(
            rb"(?:sqlcmd|bcp|keytool|jarsigner)"
            + up_to(rb"-P|-storepass|-keypass|-(?:src|dest)storepass")
            + rb"[ ]*"
            + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="sqlcmd -S db -U sa -P <12 a>7 -Q 'select 1'",
        counter_example="sqlcmd -S db -E -Q 'select 1'",
    ),
    Rule(
        id="share-password",
        anchors=("smbclient ", "mount.cifs ", "lftp ", "rpcclient "),
        check=argument(
            rb"(?:smbclient|mount\.cifs|lftp|rpcclient)"
            + up_to(rb"-U|-u|--user")
            + rb"[ =]*\\*[\"']?[^\s%,\"'\\]{1,64}[%,]"
            + ATTACHED_VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="smbclient //srv/share -U bob%<12 a>7",
        counter_example="smbclient //srv/share -U bob",
    ),
    Rule(
        id="remote-desktop-password",
        anchors=("freerdp", "rdesktop ", "mstsc "),
        check=argument(rb"(?:freerdp[23]?|rdesktop|mstsc)" + up_to(rb"/p:|-p[ ]?") + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example="xfreerdp /u:bob /p:<12 a>7 /v:host",
        counter_example="xfreerdp /u:bob /v:host /size:1920x1080",
    ),
    Rule(
        id="windows-password",
        anchors=("net use ",),
        check=argument(rb"net use (?:(?!/user:)\S{1,200}+[ ]){1,3}+/user:\S{1,80}[ ](?!/)" + VALUE),
        confidence=Confidence.CONTEXT,
        example="net use Z: //srv/share /user:bob <12 a>7",
        counter_example="net use Z: //srv/share /user:bob /persistent:yes",
    ),
    Rule(
        id="basic-file-password",
        anchors=("htpasswd ",),
        check=argument(
            rb"htpasswd(?:[ ]-[a-zA-Z0-9]{1,6}){0,4}[ ](?:-?[a-zA-Z]{0,16}+[ ])?\S{1,120}+[ ]\S{1,80}+[ ]"
            + _LOOKS_MADE_UP
            + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="htpasswd -b -c .htpasswd bob <12 a>7",
        counter_example="htpasswd -c .htpasswd bob",
    ),
    Rule(
        id="piped-password",
        anchors=("echo ", "printf "),
        check=argument(
            rb"(?:echo(?:[ ]-n)?|printf(?:[ ]\S{1,12})?)[ ]\\*[\"']?"
            rb"(?:[\w.-]{1,32}:(?=[^\s|]{1,255}[ ]\|[ ](?:sudo[ ])?chpasswd))?"
            + ATTACHED_VALUE
            + rb"(?=\\*[\"']?[ ]?\|[ ]?(?:sudo[ ](?:-\S+[ ])*-S|(?:sudo[ ])?chpasswd"
            rb"|.{0,80}--(?:password-stdin|with-token|passphrase-fd)))"
        ),
        confidence=Confidence.CONTEXT,
        example="echo <12 a>7 | docker login -u acme --password-stdin",
        counter_example="echo $TOKEN | docker login -u acme --password-stdin",
    ),
    Rule(
        id="publishing-password",
        anchors=("twine ", "gh secret set ", "oc login "),
        check=argument(
            rb"(?:twine[ ]upload|gh[ ]secret[ ]set|oc[ ]login)" + up_to(rb"-p|--body|-b") + rb"[ =]\\*[\"']?" + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="twine upload -u __token__ -p <24 a>7 dist/*",
        counter_example="twine upload -u __token__ -p $TOKEN dist/*",
    ),
    Rule(
        id="object-store-keys",
        anchors=("mc alias set ", "mc config host add "),
        check=argument(rb"mc (?:alias set|config host add)(?:[ ]\S{1,200}){3}[ ]" + VALUE),
        confidence=Confidence.CONTEXT,
        example="mc alias set store https://minio.example bob <12 a>7",
        counter_example="mc alias set store https://minio.example bob $MINIO_PASSWORD",
    ),
    Rule(
        id="new-user-password",
        anchors=("rabbitmqctl ", "net user "),
        check=argument(
            rb"(?:rabbitmqctl[ ](?:add_user|change_password)|net[ ]user)[ ][^\s/\\]{1,80}[ ](?!/)"
            + _LOOKS_MADE_UP
            + VALUE
        ),
        confidence=Confidence.CONTEXT,
        example="rabbitmqctl add_user bob <12 a>7",
        counter_example="net user bob /delete",
    ),
    Rule(
        id="httpie-password",
        anchors=("http -a ", "https -a ", "http --auth ", "https --auth "),
        check=argument(rb"https? (?:-a|--auth) [^\s:\"'\\]{1,64}:" + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example="http -a bob:<12 a>7 https://h.example",
        counter_example="http -a bob https://h.example",
    ),
    Rule(
        id="wifi-code",
        anchors=("WIFI:",),
        pattern=r"WIFI:(?:[TSHR]:[^;\s]{0,64};){1,4}P:(?P<secret>(?![\[<{$])[^;\s\"'\\]{8,64}+);",
        confidence=Confidence.CONTEXT,
        example="WIFI:T:WPA;S:Home;P:<12 a>7;;",
        counter_example="WIFI:T:nopass;S:Guests;;",
    ),
    Rule(
        id="new-key-passphrase",
        anchors=("ssh-keygen ",),
        check=argument(rb"ssh-keygen" + up_to(rb"-[NP]") + rb"[ ]" + VALUE),
        confidence=Confidence.CONTEXT,
        example="ssh-keygen -t ed25519 -N '<12 a>7' -f key",
        counter_example="ssh-keygen -t ed25519 -N '' -f key",
    ),
    Rule(
        id="wifi-password",
        anchors=("psk=",),
        left=Left.WORD,
        pattern=r"psk=\\*\"?(?P<secret>(?![\[<{$])(?=[^\s\"\\]{0,64}[0-9])[^\s\"'\\<>]{8,64}+)",
        confidence=Confidence.CONTEXT,
        example='psk="<12 a>7"',
        counter_example="key_mgmt=wpa-psk psk=none",
    ),
    Rule(
        id="cipher-password",
        anchors=("openssl enc", "openssl aes", "openssl des"),
        check=argument(rb"openssl" + up_to(rb"-k") + rb"[ ]" + _LOOKS_MADE_UP + VALUE),
        confidence=Confidence.CONTEXT,
        example="openssl enc -aes-256-cbc -k <12 a>7 -in a -out b",
        counter_example="openssl enc -aes-256-cbc -kfile key2 -in a -out b",
    ),
    Rule(
        id="curl-cookie",
        anchors=("curl",),
        follow=_SPACE,
        check=argument(rb"curl" + up_to(rb"-b|--cookie") + rb"[ =]\\*[\"']?[\w.-]{1,64}=" + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example="curl -b 'session=<24 a>7' https://h.example",
        counter_example="curl -b cookies.txt https://h.example",
    ),
    Rule(
        id="secure-string",
        anchors=("ConvertTo-SecureString",),
        follow=_SPACE,
        check=argument(rb"ConvertTo-SecureString[ ](?:-String[ ])?\\*[\"']" + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example='ConvertTo-SecureString "<12 a>7" -AsPlainText -Force',
        counter_example="ConvertTo-SecureString $plain -AsPlainText -Force",
    ),
    Rule(
        id="pgpass",
        anchors=(":5432:", ":6432:"),
        check=argument(rb":[56]432:[\w*.-]{1,64}:[\w*.-]{1,64}:" + ATTACHED_VALUE),
        confidence=Confidence.CONTEXT,
        example="db.example.com:5432:app:svc:<12 a>7",
        counter_example="db.example.com:5432:app:svc:*",
    ),
)
