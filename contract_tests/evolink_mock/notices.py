"""The warnings of the mock about limits that were reached."""

from __future__ import annotations

import logging

from evolink_sandbox.notices import Notices

NOTICES = Notices(logging.getLogger("evolink_mock"))
"""Logs them; without a set-up of `logging`, each is a line on standard error."""
