"""Asks the metrics of `models/semantic/` on the published marts, from a terminal or for an agent (MCP)."""
