"""What the control API says of itself is what it does: schemathesis asks it for all that it describes, and more."""

import pytest
from rollouts import ANNA, World

from cutover.api.app import Api
from cutover.people import Person, Role
from mirror.journal.store import Store

ALL = Person("all", frozenset(Role))
EXAMPLES = 10
HERE = {"tenant": "clinic", "route": "chat", "number": 1}


@pytest.mark.deep
def test_no_request_gets_a_fault_of_ours_or_what_was_not_described(home):
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings, strategies
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(3)
    world.exchange(bad=True)
    world.controller.tick()
    token = world.add(ANNA, ALL)["all"]
    app = Api(world.controller, store, world.sealer, world.clock, home.load, paced=False).app()
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    headers = {"authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    tried, seen = [], set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(), known=strategies.booleans())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        def ask(case, known):
            if known:  # what is drawn names no rollout
                case.path_parameters |= {
                    name: HERE[name] for name in case.path_parameters if name in HERE
                }
            seen.add(case.call_and_validate(headers=headers, checks=checks).status_code)

        ask()
        tried.append(operation.label)
    assert len(tried) > 50
    assert {200, 201, 404, 409, 422} <= seen  # it came past the first doors
    store.close()
