"""The end of a process whose models may have threads that do not end."""

from __future__ import annotations

import logging
import os
import threading
import time

logger = logging.getLogger("modelgen.runtime")

LAST = 5.0
"""Seconds that these threads have once the service has stopped."""


def ends(code: int) -> int:
    """The exit code of a process that ends soon, whatever threads are left."""

    def end() -> None:
        time.sleep(LAST)
        left = [thread.name for thread in threading.enumerate() if not thread.daemon]
        logger.warning("these threads do not end, and are left: %s", ", ".join(left))
        os._exit(code)

    threading.Thread(target=end, daemon=True).start()
    return code
