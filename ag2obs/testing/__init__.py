"""For tests of programs that call models: a model server on this machine, and a block on the network."""

from ag2obs.testing.network import NetworkBlockedError, block_network

__all__ = ["NetworkBlockedError", "block_network"]
