"""Which paths and queries may be sent to an upstream."""

from __future__ import annotations

import re

SAFE_PATH = re.compile(r"/v1/[A-Za-z0-9_\-./]{1,256}|/(?:v2/)?rerank|/score")
SAFE_QUERY = re.compile(r"[A-Za-z0-9_\-.~!$&'()*+,;=:@/?%\[\]]{0,2048}")


def is_safe(path: str, query: str) -> bool:
    """Whether no upstream could read this path and query otherwise than we do."""
    return (
        SAFE_PATH.fullmatch(path) is not None
        and "//" not in path
        and ".." not in path
        and SAFE_QUERY.fullmatch(query) is not None
    )
