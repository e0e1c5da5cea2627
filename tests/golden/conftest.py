"""The worked example is built once."""

from tests.queries.conftest import golden, market  # noqa: F401
