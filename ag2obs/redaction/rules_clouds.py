"""Keys and signatures of AWS, Google Cloud and Azure. Their prefixless secrets are found by field name."""

from __future__ import annotations

from ag2obs.redaction.characters import BASE64
from ag2obs.redaction.rule import Confidence, Left, Rule

CLOUD_RULES = (
    Rule(
        id="aws-access-key-id",
        anchors=("AKIA", "ASIA"),
        left=Left.WORD,
        pattern=r"A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9+=])",
        example="AKIA<16 t>",
        counter_example="AKIA<5 t>",
    ),
    Rule(
        id="aws-session-token",
        anchors=("IQoJb3JpZ2lu", "FwoGZXIvYXdz"),
        pattern=r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\+/){80,}(?:={1,2}|(?:%3[Dd]){1,2})?",
        example="IQoJb3JpZ2luX2Vj<320 b>",
        counter_example="IQoJb3JpZ2luX2Vj",
    ),
    Rule(
        id="aws-bedrock-key",
        anchors=("ABSK",),
        left=Left.WORD,
        pattern=r"ABSK" + BASE64 + r"{100,}={0,2}",
        example="ABSK<128 b>",
        counter_example="ABSK<9 a>",
    ),
    Rule(
        id="aws-bedrock-short-key",
        anchors=("bedrock-api-key-",),
        pattern=r"bedrock-api-key-[A-Za-z0-9+/]{60,}={0,2}",
        example="bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t<220 b>",
        counter_example="bedrock-api-key-rotation",
    ),
    Rule(
        id="aws-signature",
        anchors=("X-Amz-Signature=", "X-Amz-Signature%3D"),
        pattern=r"X-Amz-Signature(?:=|%3D)(?P<secret>[0-9a-f]{40,})",
        example="https://b.s3.amazonaws.com/k?X-Amz-Expires=900&X-Amz-Signature=<64 h>",
        counter_example="X-Amz-Signature=abc",
    ),
    Rule(
        id="google-oauth-client-secret",
        anchors=("GOCSPX-",),
        pattern=r"GOCSPX-[\w-]{24,}",
        example="GOCSPX-<28 w>",
        counter_example="GOCSPX-prefix",
    ),
    Rule(
        id="google-oauth-token",
        anchors=("ya29.",),
        left=Left.WORD,
        pattern=r"ya29\.[\w-]{30,}",
        example="ya29.a0<160 w>",
        counter_example="ya29.example",
    ),
    Rule(
        id="google-oauth-code",
        anchors=("4/0A", "4%2F0A"),
        left=Left.WORD,
        pattern=r"4(?:/|%2F)0A[\w-]{50,}",
        example="code=4/0A<67 w>",
        counter_example="see 4/0A",
    ),
    Rule(
        id="google-oauth-refresh",
        anchors=("1//0",),
        left=Left.WORD,
        confidence=Confidence.SHARED_PREFIX,
        pattern=r"1//0[\w-]{50,}",
        example="1//0<94 w>7",
        counter_example="1//0 is floor division",
    ),
    Rule(
        id="google-signature",
        anchors=("X-Goog-Signature=", "X-Goog-Signature%3D"),
        pattern=r"X-Goog-Signature(?:=|%3D)(?P<secret>[0-9a-f]{100,})",
        example="https://storage.googleapis.com/b/o?X-Goog-Signature=<256 h>",
        counter_example="X-Goog-Signature=abc",
    ),
    Rule(
        id="azure-client-secret",
        anchors=("Q~",),
        lead=4,
        pattern=r"[\w~.-]{3}\dQ~[\w~.-]{30,33}[\w~-]",
        example="<3 a>8Q~<34 w>",
        counter_example="<3 a>8Q~<6 w>",
    ),
    Rule(
        id="azure-storage-key",
        anchors=("AccountKey=", "AccountKey%3D"),
        pattern=r"AccountKey(?:=|%3D)(?P<secret>(?:[A-Za-z0-9+/]|\\+/|%2[BbFf]){60,}(?:={1,2}|(?:%3[Dd]){1,2})?)",
        example="DefaultEndpointsProtocol=https;AccountName=logs;AccountKey=<86 b>==;EndpointSuffix=core.windows.net",
        counter_example="AccountKey=<your key>",
    ),
    Rule(
        id="azure-shared-access-key",
        anchors=("SharedAccessKey=", "SharedAccessKey%3D"),
        pattern=r"SharedAccessKey(?:=|%3D)(?P<secret>(?:[A-Za-z0-9+/]|\\+/|%2[BbFf]){30,}(?:={1,2}|(?:%3[Dd]){1,2})?)",
        example="Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=<43 b>=",
        counter_example="SharedAccessKey=<your key>",
    ),
    Rule(
        id="azure-devops",
        anchors=("AZDO",),
        lead=76,
        pattern=r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        example="<76 a>AZDO<4 a>",
        counter_example="<10 a>AZDO<4 a>",
    ),
)
