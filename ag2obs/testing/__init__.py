"""For tests of programs that call models: a model server on this machine, and a block on the network."""

from ag2obs.testing.network import NetworkBlockedError, block_network
from ag2obs.testing.reply import Reply, Request, Tokens, ToolCall
from ag2obs.testing.server import ModelServer
from ag2obs.testing.usage import Totals

__all__ = [
    "ModelServer",
    "NetworkBlockedError",
    "Reply",
    "Request",
    "Tokens",
    "ToolCall",
    "Totals",
    "block_network",
]
