"""``python -m keystead_daemon``."""

import sys

from keystead_daemon.entry import main

if __name__ == "__main__":
    sys.exit(main())
