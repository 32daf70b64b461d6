"""`keystead-stub manifest`: print the deployment manifest of this configuration as JSON."""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Mapping

import msgspec

from keystead_stub.ops import config_file, deployment_manifest, production_values
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY, is_in_memory, kind_of, to_url


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the manifest. Live blockers are those that stand with the settings given here."""
    config = config_file.load(arguments.config, environ)
    database = to_url(environ.get(production_values.DATABASE) or config.database or IN_MEMORY)
    settings = Settings.load(
        config.under(environ),
        # What is missing counts as generated, whatever its value.
        url="",
        random=secrets.token_bytes,
        latest=config_file.latest_date(),
    )
    settings = msgspec.structs.replace(settings, in_memory=is_in_memory(database))
    deployment = deployment_manifest.deployment(settings, kind_of(database))
    print(json.dumps(msgspec.to_builtins(deployment), indent=2))
    return 0
