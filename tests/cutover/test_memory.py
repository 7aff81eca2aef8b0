"""What a controller has read is out of the garbage collector's way, once."""

import gc

from rollouts import KEY, World

from cutover.memory import Memory, has_read
from mirror.journal.store import Store


def test_once_all_is_read_it_is_left_alone_once_after_each_takeover(home, monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    world = World(Store.open(home.store_url), home)
    memory = Memory(world.controller)
    memory.step()
    assert not frozen, "nothing was read yet"
    world.tick()
    for _ in range(2):
        memory.step()
    assert len(frozen) == 1
    world.controller.cabinet.release()
    memory.step()
    world.tick()
    memory.step()
    assert len(frozen) == 2
    world.store.close()


def test_what_is_still_read_is_not_left_alone(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    assert has_read(world.controller.cabinet)
    world.controller.cabinet.files[KEY].dossier = None
    assert not has_read(world.controller.cabinet)
    world.store.close()
