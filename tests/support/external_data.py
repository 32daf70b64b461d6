"""Data of others that the tests read, which is no part of the repository.

It is looked for beside the checkout, or where ``KEYSTEAD_TEST_DATA`` says.
"""

import os
from pathlib import Path

FOLDER = Path(os.environ.get("KEYSTEAD_TEST_DATA") or Path(__file__).parents[3] / "shared/data")
STRIPE_FIXTURES = FOLDER / "stripe/fixtures3-billing.json"
WYCHEPROOF = FOLDER / "wycheproof/ed25519_test.json"
