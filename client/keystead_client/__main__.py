"""``python -m keystead_client`` is the command ``keystead``."""

import sys

from keystead_client.entry import main

sys.exit(main())
