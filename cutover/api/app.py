"""The control API: what the dashboard and the command line read, and the only way people act.

Every request carries a person's own token; nothing here has authority of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cutover import people
from cutover.api import asked, bodies, problems, reading
from cutover.api.call import Act, Call
from cutover.api.drilling import Drilling
from cutover.api.freezing import Freezing
from cutover.api.incidents import Incidents
from cutover.api.loading import Loading
from cutover.api.noise import Noises
from cutover.api.planning import Planning
from cutover.api.problems import Problem
from cutover.api.rejecting import Rejections
from cutover.api.servers import Servers
from cutover.api.signing import SignOffs
from cutover.api.spending import Spendings
from cutover.api.switching import Switching
from cutover.controller import Controller
from cutover.desk import Desk
from cutover.emergency.drilling import Driller
from cutover.people import Person, Role
from cutover.servers.watch import Watch
from mirror import obeyed
from mirror.journal.seal import Sealer
from mirror.journal.store import Store


@dataclass(frozen=True, slots=True)
class Api:
    """The control API over one controller and its store. `now_us` reads UTC microseconds.

    In `load` processes tell what they have in flight; `watch` reads what servers tell of themselves.
    """

    controller: Controller
    store: Store
    sealer: Sealer
    now_us: Callable[[], int]
    load: Path
    watch: Watch | None = None

    @property
    def desk(self) -> Desk:
        """Where people act."""
        return Desk(self.controller)

    @property
    def driller(self) -> Driller:
        """How drills go; it reads what the proxies tell where they tell their load."""
        return Driller(self.controller, partial(obeyed.told, self.load))

    def app(self) -> Starlette:
        """The ASGI application."""
        one = "/v1/rollouts/{tenant}/{route}"
        read, act = Role.VIEWER, Role.ENGINEER
        table: list[tuple[str, str, Role, Act]] = [
            ("GET", "/v1/me", read, self.me),
            ("GET", "/v1/rollouts", read, self.rollouts),
            ("GET", one, read, self.rollout),
            ("GET", f"{one}/comparisons", read, self.comparisons),
            ("GET", f"{one}/events", read, self.events),
            ("POST", f"{one}/proposals", act, self.propose),
            # Who may approve is the controller's to say, because a refusal there is an event.
            ("POST", f"{one}/approvals", read, self.approve),
            ("POST", f"{one}/holds", act, self.hold),
            ("DELETE", f"{one}/holds", act, self.resume),
            ("POST", f"{one}/rollbacks", act, self.roll_back),
            ("POST", f"{one}/reindexes", act, self.reindex),
        ]
        servers = Servers(self.watch or Watch(self.controller.policy), self.store)
        policy = self.controller.policy
        money = Spendings(policy, self.store, self.now_us)
        loading = Loading(policy, self.store, self.load, self.now_us, servers.all, money.text)
        table += [*Switching(self.controller).table(), *Noises(self.controller).table()]
        table += [*loading.table(), *money.table(), *Freezing(self.controller).table()]
        table += [*Planning(self.controller).table(), *Rejections(self.controller).table()]
        table += Incidents(self.controller, self.store).table()
        table += SignOffs(self.controller, self.store, self.sealer).table()
        table += [*Drilling(self.driller).table(), *servers.table()]
        routes = [
            Route(path, self._endpoint(role, act), methods=[method])
            for method, path, role, act in table
        ]
        return Starlette(
            routes=[Route("/healthz", self.healthz), Route("/readyz", self.readyz), *routes],
            exception_handlers={HTTPException: _not_found, Exception: _fault},
        )

    async def healthz(self, request: Request) -> Response:
        """Whether the process answers, and whether it is the controller that acts."""
        return JSONResponse({"status": "ok", "acting": self.controller.acting})

    async def readyz(self, request: Request) -> Response:
        """Whether what is decided here reaches the proxies, or another controller's does; 503 and why where not."""
        why = self.controller.trouble if self.controller.acting else ""
        found = {"status": "not ready" if why else "ready", "acting": self.controller.acting}
        return JSONResponse(found | ({"why": why} if why else {}), 503 if why else 200)

    def me(self, call: Call) -> JSONResponse:
        """Whose token this is."""
        return JSONResponse(bodies.person(call.person))

    def rollouts(self, call: Call) -> JSONResponse:
        """Every rollout of the tenants that this person may read of."""
        policy = self.controller.policy
        views = [one.body() for one in self.controller.views() if call.sees(one.tenant)]
        return JSONResponse(
            {
                "production": policy.production,
                "deployment": policy.deployment,
                "rollouts": views,
            }
        )

    def rollout(self, call: Call) -> JSONResponse:
        """One rollout with its moves, the course of its evidence, and both sides' latency."""
        view = self.controller.view(call.key)
        moves, points = self.controller.course(call.key)
        more = {
            "transitions": [bodies.transition(moved.transition) for moved in moves],
            "history": bodies.course(points),
            "latency": reading.latencies(self.store, call.key),
            "flags": reading.flags(self.store, call.key),
        }
        return JSONResponse(view.body() | more)

    def comparisons(self, call: Call) -> JSONResponse:
        """The newest comparisons, opened; reading them is recorded first."""
        self.controller.view(call.key)
        limit, before = _page(call)
        flag = call.query.get("flag", "")
        page = reading.comparisons(
            self.store, self.sealer, call.key, limit=limit, before=before, flag=flag
        )
        if page.rows:
            reading.record_view(
                self.store, call.key, call.person, len(page.rows), self.now_us()
            )
        return JSONResponse({"comparisons": page.rows, "next": page.next})

    def events(self, call: Call) -> JSONResponse:
        """The newest events about the rollout."""
        self.controller.view(call.key)
        limit, before = _page(call)
        page = reading.rollout_events(self.store, call.key, limit=limit, before=before)
        return JSONResponse({"events": page.rows, "next": page.next})

    def propose(self, call: Call) -> JSONResponse:
        """A person proposes the next move."""
        reason = _reason(call)
        proposal = self.desk.propose(call.person, call.key, reason)
        return _created({"proposal": bodies.proposal(proposal)})

    def approve(self, call: Call) -> JSONResponse:
        """A lead approves an open proposal; the last approval needed applies it."""
        said = asked.fields(call.body, ("proposal", "reason"))
        reason = asked.reason(said["reason"])
        done = self.desk.approve(call.person, call.key, said["proposal"], reason)
        move = bodies.transition(done.transition) if done.transition else None
        given = {
            "proposal": said["proposal"],
            "name": call.person.name,
            "reason": reason,
            "at_us": done.at_us,
        }
        return _created(
            {"approval": given, "applied": done.applied, "why": done.why, "transition": move}
        )

    def hold(self, call: Call) -> JSONResponse:
        """A person stops the rollout where it is."""
        self.desk.hold(call.person, call.key, _reason(call))
        return _created({"rollout": self.controller.view(call.key).body()})

    def resume(self, call: Call) -> JSONResponse:
        """A person lets the rollout go on."""
        reason = asked.reason(call.query.get("reason", ""))
        self.desk.resume(call.person, call.key, reason)
        return JSONResponse({"rollout": self.controller.view(call.key).body()})

    def roll_back(self, call: Call) -> JSONResponse:
        """A person sends everything back to the primary, at once."""
        move = self.desk.roll_back(call.person, call.key, _reason(call))
        return _created({"transition": bodies.transition(move)})

    def reindex(self, call: Call) -> JSONResponse:
        """A person says that an index was made anew with the candidate's vectors."""
        said = asked.fields(call.body, ("index", "reason"))
        index, reason = asked.name(said["index"], "index"), asked.reason(said["reason"])
        made = self.desk.reindex(call.person, call.key, index, reason)
        return _created({"reindex": asdict(made)})

    def _endpoint(self, needed: Role, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                token = asked.token(request.headers.get("authorization", ""))
                key = (
                    request.path_params.get("tenant", ""),
                    request.path_params.get("route", ""),
                )
                person = await run_in_threadpool(self._person, token, needed, key[0])
                body = await asked.body(request)
                call = Call(person, key, dict(request.query_params), body)
                return await run_in_threadpool(act, call)
            except Problem as problem:
                return problems.of(problem)
            except tuple(problems.STATUS) as error:
                return problems.of(error)

        return endpoint

    def _person(self, token: str, needed: Role, tenant: str) -> Person:
        """Who asks. Paths of no tenant are for who has the role anywhere, and look themselves for whom."""
        with self.store.read() as conn:
            person = people.authenticate(conn, token)
        if person is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "this token is nobody's; `crossfade user list` shows who has one",
            )
        why = person.lacks(needed, tenant) if tenant else person.lacks_everywhere(needed)
        if why:
            raise Problem(HTTPStatus.FORBIDDEN, why)
        return person


def _reason(call: Call) -> str:
    return asked.reason(asked.fields(call.body, ("reason",))["reason"])


def _page(call: Call) -> tuple[int, int | None]:
    limit = asked.number(call.query, "limit", default=50, highest=200)
    assert limit is not None, "it has a default"
    return limit, asked.number(call.query, "before", default=None)


def _created(body: dict[str, object]) -> JSONResponse:
    return JSONResponse(body, HTTPStatus.CREATED)


async def _not_found(request: Request, error: Exception) -> Response:
    """A path or method that does not exist, in the API's own words."""
    assert isinstance(error, HTTPException)
    return problems.answer(HTTPStatus(error.status_code), f"{error.detail}: {request.method}")


async def _fault(request: Request, error: Exception) -> Response:
    return problems.of(error)
