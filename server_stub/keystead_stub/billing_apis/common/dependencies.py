"""The dependency by which the framework passes the services to handlers."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from keystead_stub.services import Services

Injected = NamedDependency[SkipValidation[Services]]
