"""The sandbox: one invented merchant whose shops are served locally in the platforms' own wire protocols.

`world` is the deterministic history, `server` serves it on loopback, `files` writes what no API gives,
`registers` holds the demonstration rows of the privacy registers. Nothing here knows a platform's wire
format: that is each platform's own `sandbox.py`.
"""

from connectors.sandbox.server import Sandbox
from connectors.sandbox.world import World

__all__ = ["Sandbox", "World"]
