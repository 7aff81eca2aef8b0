"""The paths of a rollout's noise: what its own answers come to, and a calibration by them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from cutover.api.asked import Why
from cutover.api.call import ROLLOUT, Engineer, Key, On, Viewer
from cutover.api.shapes import Shape
from cutover.evidence.calibrating import Calibrating

router = APIRouter(tags=["noise"])
PATH = f"{ROLLOUT}/noise"


class EstimateShape(Shape):
    """A signal's scale: what mismatched answers come to, and the primary with itself."""

    null: float
    floor: float
    spread: float
    dropped: str


class CellShape(Shape):
    """The scales of one encoder, language and length of answers; `floors` and `nulls` are how many were measured."""

    encoder: str
    language: str
    length: str
    floors: int
    nulls: int
    signals: dict[str, EstimateShape]


class NoiseShape(Shape):
    """The scales in force, what they would be by what was seen until now, and what is missing for that."""

    in_force: str
    would_be: str
    short: str
    asked_today: int
    most_a_day: int
    cells: list[CellShape]


class NoisesShape(Shape):
    """A rollout's noise."""

    noise: NoiseShape


@router.get(PATH)
def read(key: Key, by: Viewer, on: On) -> NoisesShape:
    """What the scales of its equivalence would be by what was seen until now."""
    found = Calibrating(on.controller).look(key)
    return NoisesShape(noise=NoiseShape.model_validate(found.told()))


@router.post(PATH, status_code=HTTPStatus.CREATED)
def calibrate(key: Key, said: Why, by: Engineer, on: On) -> NoisesShape:
    """A person has answers compared on these scales from now on."""
    found = Calibrating(on.controller).calibrate(by, key, said.reason)
    return NoisesShape(noise=NoiseShape.model_validate(found.told()))
