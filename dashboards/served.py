"""The dashboard as it is served: the app, and before it who looks at those that knock. Started by `crossfade dashboard`.

Streamlit imports this file by its bare name, so nothing else may be called like it; the app is `app.py` beside it.
"""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from streamlit import App

from dashboards.knocks import Knocks, Watched, telling

knocks = Knocks()
app = App(
    Path(__file__).with_name("app.py"),
    middleware=[Middleware(Watched, knocks=knocks)],
    lifespan=lambda _: telling(knocks),
)
