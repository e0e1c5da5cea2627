"""The warehouse: one private DuckDB file, written in short transactions, published as read-only snapshots.

`Warehouse` is the only door: connectors merge batches, the privacy and segment jobs write in sessions,
readers open the path that `snapshot` returns. `State` keeps what is written while answering.
"""

from queries.warehouse.batch import Batch, Check, CoveredPeriod, Merged, SyncRun
from queries.warehouse.errors import WarehouseError
from queries.warehouse.state import Access, State
from queries.warehouse.warehouse import Session, Warehouse

__all__ = [
    "Access",
    "Batch",
    "Check",
    "CoveredPeriod",
    "Merged",
    "Session",
    "State",
    "SyncRun",
    "Warehouse",
    "WarehouseError",
]
