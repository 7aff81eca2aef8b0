"""Pictures of every page of the dashboard, light and dark, from the data of `crossfade demo`.

    make bench-pictures            writes docs/screens/PAGE-light.png and PAGE-dark.png

It runs the demo, signs in as its lead in Debian's Chromium, approves the moves that wait, reports an incident, and
takes a picture of each page while its question has an answer. It takes some minutes, and keeps nothing else.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.screens.camera import Camera, camera  # noqa: E402

FOLDER = ROOT / "docs" / "screens"
PERSON = "lead"
WAITING, BAD = "klinik-sihat / chat", "klinik-harapan / chat"
PATIENCE_S = 900.0
REST = ("Plan", "Capacity", "Cost", "Incidents", "Audit", "Health")
"""The pages that are drawn whole wherever the stories stand."""


@contextmanager
def demo(data: Path) -> Iterator[tuple[str, str]]:
    """A running demo: the dashboard's address, and the password of its lead."""
    log = data.with_suffix(".log")
    command = [sys.executable, "-m", "cutover.cli", "demo", "--data", str(data)]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        url = until(lambda: re.search(r"dashboard\s+(http://\S+)", log.read_text()), process)
        password = (data / "tokens" / f"{PERSON}.password").read_text().strip()
        yield url[1], password
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)


def until(found: Any, process: subprocess.Popen[bytes]) -> Any:
    """What is found once it is; fails when the demo has ended, or after a long time."""
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s and process.poll() is None:
        if told := found():
            return told
        time.sleep(0.5)
    raise SystemExit("the demo ended, or did not start in time")


def approve(shots: Camera, name: str, password: str) -> None:
    """Approves the move of one clinic."""
    window = shots.windows["light"]
    window.get_by_role("link", name="Approvals", exact=True).first.click()
    shots.wait(window, "Approvals")  # what was drawn before is gone
    window.get_by_role("link", name=name).first.click()
    shots.wait(window, "Approvals")
    window.get_by_role("heading", name=f"{name}: ").wait_for()
    window.get_by_label("Reason", exact=True).first.fill("Read; nothing speaks against it")
    window.get_by_label("Your password, or a code of your app").fill(password)
    window.get_by_role("button", name=re.compile("^Approve")).click()
    window.get_by_text("Approved and done").wait_for()


def report(window: Any) -> None:
    """Reports the comparison that is open."""
    window.get_by_role("link", name="Report this answer").first.click()
    window.get_by_label("What is wrong with it").fill("The dose reads wrong")
    window.get_by_role("button", name="Report", exact=True).click()
    window.get_by_text("! open").first.wait_for()


def pictures(shots: Camera, password: str) -> None:
    """All of them, in the order in which the stories of the demo make them telling."""
    window = shots.windows["light"]
    for name in (WAITING, BAD):  # both moves to canary wait
        window.get_by_role("link", name=re.compile("Board")).first.click()
        proposed(window, name)
    shots.go("Board", "Board")
    shots.take("board")
    shots.go("Approvals", "Approvals")
    shots.go(f"{WAITING}", "Approvals")
    shots.take("approvals")
    for name in (BAD, WAITING):
        approve(shots, name, password)
    window.get_by_role("link", name="Board", exact=True).first.click()
    gone = window.get_by_test_id("stMetric").filter(has_text=re.compile(r"Rolled back\s*1"))
    gone.wait_for(timeout=PATIENCE_S * 1000)
    shots.go("Board", "Board")
    shots.take("board-after")
    shots.go(BAD, BAD)
    shots.take("rollout")
    compared(shots)
    report(window)
    for page in REST:
        shots.go(page, page)
        shots.take(page.lower())


def proposed(window: Any, name: str) -> None:
    """Waits until a move of this clinic waits for a person."""
    row = window.locator("[data-testid=stVerticalBlock]").filter(has_text=name)
    row.filter(has_text="approval, 0 of 1 given").first.wait_for(timeout=PATIENCE_S * 1000)


def compared(shots: Camera) -> None:
    """The comparisons that were found, and one with a flag side by side."""
    shots.go("Comparisons", "Comparisons")
    shots.take("comparisons")
    for window in shots.windows.values():
        window.get_by_label("Severity").click()
        window.get_by_role("option", name=re.compile("fail")).click()
        window.get_by_text("fail", exact=False).first.wait_for()
        shots.wait(window, "Comparisons")
        window.get_by_role("link", name=re.compile(r"^#\d")).first.click()
        window.get_by_text("All comparisons").wait_for()
        shots.wait(window, "Comparisons")
    shots.take("comparison")


def main() -> None:
    """Runs the demo and takes the pictures."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or the demo would go on without us
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as made,
        demo(Path(made) / "demo") as (url, password),
        camera(url, FOLDER, PERSON, password) as shots,
    ):
        pictures(shots, password)
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
