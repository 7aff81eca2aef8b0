"""The control API: what the dashboard and the command line read, and the only way people act.

Every request carries a person's own token; nothing here has authority of its own. Start reading at
`door`, which lets people in; then `call` says who may do what, and each other module has its paths.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from cutover.api import (
    audit,
    comparing,
    conditions,
    deployed,
    drilling,
    exporting,
    freezing,
    incidents,
    keeping,
    knocking,
    loading,
    noise,
    planning,
    problems,
    proposed,
    rejecting,
    rollouts,
    servers,
    signing,
    signing_in,
    single_sign_on,
    spending,
    switching,
    targets,
    users,
)
from cutover.api.call import On, name_of
from cutover.api.door import OPEN, Door
from cutover.api.noted import Noted
from cutover.api.once import CHANGES, LONGEST, Once
from cutover.api.pacing import OF_ADDRESS, OF_PERSON, Paced, address
from cutover.api.parts import Parts
from cutover.api.plain import plain
from cutover.api.problems import ProblemDetails
from cutover.api.tags import Tagged

__all__ = ["Api"]

ROUTERS = (
    signing_in,
    single_sign_on,
    knocking,
    deployed,
    rollouts,
    comparing,
    rejecting,
    proposed,
    drilling,
    signing,
    noise,
    switching,
    freezing,
    planning,
    incidents,
    loading,
    servers,
    targets,
    spending,
    audit,
    exporting,
    keeping,
    users,
    conditions,
)
"""The modules of paths, in the order in which the API's description tells them."""

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the client: the same request with the same key is done once, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}
KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `etag` of an answer that the client has.",
    "schema": {"type": "string"},
}

health = APIRouter(tags=["health"])


class Health(BaseModel):
    """Whether the process answers, and whether it is the controller that acts."""

    status: str
    acting: bool


@health.get("/healthz")
async def healthz(on: On) -> Health:
    """Whether the process answers. It needs no token."""
    return Health(status="ok", acting=on.controller.acting)


class Readiness(BaseModel):
    """Whether what is decided here reaches the proxies; `why` says why not, "" where it does."""

    status: str
    acting: bool
    why: str


@health.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(on: On, response: Response) -> Readiness:
    """Whether what is decided here reaches the proxies, or another controller's does. It needs no token."""
    why = on.controller.trouble if on.controller.acting else ""
    if why:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(
        status="not ready" if why else "ready", acting=on.controller.acting, why=why
    )


class Api(Parts):
    """The control API over its parts."""

    def app(self) -> FastAPI:
        """The ASGI application, its description at `/v1/openapi.json`."""
        # No pages of documentation: they would load their scripts from the world outside.
        app = Described(
            title="crossfade control API",
            version="1",
            openapi_url="/v1/openapi.json",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,  # it would send people where a request's `Host` says
            responses=dict(problems.RESPONSES),
        )
        app.state.parts = self
        app.include_router(health)
        bearer = Depends(HTTPBearer(auto_error=False, description="A person's own token."))
        for module in ROUTERS:
            app.include_router(module.router, dependencies=[bearer, Depends(plain)])
        problems.told_by(app)
        self._behind_the_door(app)
        return app

    def _behind_the_door(self, app: FastAPI) -> None:
        """What every request passes, the last one first."""
        app.add_middleware(Tagged)
        app.add_middleware(
            Once, who=name_of, store=self.store, sealer=self.sealer, now_us=self.now_us
        )
        if self.paced:
            app.add_middleware(Paced, who=name_of, rates=OF_PERSON)
        app.add_middleware(
            Door,
            store=self.store,
            now_us=self.now_us,
            single_sign_on=lambda: self.single_sign_on,
        )
        app.add_middleware(
            Noted,
            store=self.store,
            strangers=self.strangers,
            now_us=self.now_us,
            tenants=lambda: self.policy.tenants,
        )
        if self.paced:
            app.add_middleware(Paced, who=address, rates=OF_ADDRESS)


class Described(FastAPI):
    """An application whose description also has the shape of errors, which no path returns by itself."""

    def openapi(self) -> dict[str, Any]:
        """What every path asks and answers (OpenAPI 3.1)."""
        described = super().openapi()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDetails" not in schemas:
            schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
            for path in described["paths"].values():
                for method, operation in path.items():
                    _tell_headers(method, operation)
            for method, path in OPEN:
                described["paths"].get(path, {}).get(method.lower(), {}).pop("security", None)
        return described


def _tell_headers(method: str, operation: dict[str, Any]) -> None:
    """Describes what holds for every path of a method, and is no path's own."""
    if method.upper() in CHANGES:
        operation.setdefault("parameters", []).append(KEY)
    if method == "get":
        operation.setdefault("parameters", []).append(KNOWN)
        operation["responses"]["304"] = {"description": "It is as the client has it already."}
