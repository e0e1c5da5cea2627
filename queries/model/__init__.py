"""The semantic model: YAML files and the frozen types they load into."""

from queries.model.load import ModelError, load_model
from queries.model.types import (
    Declined,
    Dimension,
    Entity,
    Funnel,
    Lookup,
    Measure,
    Metric,
    Model,
    Register,
    Term,
    Value,
)

__all__ = [
    "Declined",
    "Dimension",
    "Entity",
    "Funnel",
    "Lookup",
    "Measure",
    "Metric",
    "Model",
    "ModelError",
    "Register",
    "Term",
    "Value",
    "load_model",
]
