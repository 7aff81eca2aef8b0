"""`python -m cutover.cli` is the `crossfade` command; the supervisor starts its children this way."""

from cutover.cli import main

main()
