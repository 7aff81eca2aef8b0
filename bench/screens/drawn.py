"""The pages as a signed-in person draws them: each from nothing, asking the control API all that it asks."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from streamlit.testing.v1 import AppTest

import dashboards

APP = Path(dashboards.__file__).with_name("app.py")
PATIENCE_S = 300
SIGNED = "signed_in"
BROKEN = "control API"
"""What a page says where the API did not answer it; then it drew too little to count."""

type Query = dict[str, str]


def queries(tenants: list[str], numbers: list[int]) -> dict[str, list[Query]]:
    """What each page is asked for in turn: searches that find much, little and nothing."""
    of = [{"tenant": tenant, "route": "chat"} for tenant in tenants]
    one = tenants[0]
    return {
        "board": [{}, {"find": one}, {"find": "mirror"}, {"find": "live own"}, {"find": "nobody"}],
        "approvals": [{}, *of],
        "rollout": [{}, *of],
        "comparisons": [
            {}, {"tenant": one}, {"flag": "DOSE_CONFLICT"}, {"severity": "fail", "tenant": one},
            {"route": "vision"}, {"labelled": "true"}, {"days": "1"},
            *({"number": f"{number}"} for number in numbers),
        ],
        "plan": [{}],
        "capacity": [{}],
        "cost": [{}],
        "incidents": [{}],
        "audit": [{}, {"tenant": one}, {"actor": "person-7"}, {"kind": "approval.given"}, {"actor": "nobody"}],
        "health": [{}],
    }  # fmt: skip


def person(url: str, token: str) -> object:
    """A person who signed in, as the pages know them."""
    # It says of every page drawn without a browser that it is drawn so.
    logging.getLogger("streamlit.runtime").setLevel(logging.ERROR)
    os.environ["CROSSFADE_CONTROL_URL"] = url
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()
    app.text_input(key="token").set_value(token)
    next(button for button in app.button if button.label == "Sign in with it").click()
    return app.run().session_state[SIGNED]


def draws(
    signed: object, page: str, asked: list[Query], times: int
) -> Iterator[tuple[float, float]]:
    """Seconds that each of so many draws of a page took, on the wall and of the processor.

    Each is in a session that kept nothing of any before. The processor's are without the control API's.

    Raises RuntimeError where one broke.
    """
    for query in islice(cycle(asked), times):
        app = AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()
        app.session_state[SIGNED] = signed
        app.switch_page(f"screens/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        began, worked = time.perf_counter(), time.process_time()
        app.run()
        yield time.perf_counter() - began, time.process_time() - worked
        _whole(app, page, query)


def _whole(app: AppTest, page: str, query: Query) -> None:
    said = [each.value for each in app.error if BROKEN in str(each.value)]
    if app.exception or said or not app.title:
        raise RuntimeError(
            f"{page} {query}: {said or [each.message for each in app.exception]}"
        )
