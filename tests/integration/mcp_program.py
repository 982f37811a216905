"""An MCP server on standard input and output, with a tool that works and one that fails."""

from __future__ import annotations

try:
    from mcp.server import MCPServer
except ImportError:  # before mcp 2
    from mcp.server.fastmcp import FastMCP as MCPServer

server = MCPServer("warehouse")


@server.tool()
def stock(item: str) -> str:
    """Tell how many there are."""
    return f"7 {item}"


@server.tool()
def order(item: str) -> str:
    """Fail."""
    raise ValueError(f"no {item} can be ordered")


if __name__ == "__main__":
    server.run("stdio")
