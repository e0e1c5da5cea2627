"""The generated market and the worked example are built once."""

from tests.queries.conftest import golden, market  # noqa: F401
