"""The sandbox that the exploits run in holds."""

from __future__ import annotations

import pytest

from tests.sast import sandbox


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("open('/tmp/outside-the-sandbox', 'w')", "no writing to"),
        ("import os; os.symlink('/tmp', 'out'); open('out/outside-the-sandbox', 'w')", "no writing to"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 5)", "no look-up of"),
        ("import socket; socket.socket().connect(('192.0.2.1', 80))", "no connection to"),
        ("import urllib.request; urllib.request.urlopen('http://example.org/', timeout=5)", "no look-up of"),
        ("x = bytearray(2**31)", "MemoryError"),
        ("open('big', 'wb').truncate(2**30)", "File too large"),
    ],
)
def test_what_an_exploit_may_not_do(tmp_path, script, said):
    done = sandbox.run(script, tmp_path)
    assert done.code != 0
    assert said in done.err


def test_an_endless_loop_is_stopped(tmp_path):
    assert sandbox.run("while True: pass", tmp_path, seconds=1).code not in (0, None)


def test_it_has_a_world_of_its_own(tmp_path):
    script = "print(json.dumps([os.getcwd(), os.environ['HOME'], 'SECRET' in os.environ, sys.flags.isolated]))"
    assert sandbox.run(script, tmp_path).facts() == [str(tmp_path), str(tmp_path), False, 1]
    (tmp_path / "made").unlink(missing_ok=True)
    assert sandbox.run("open('made', 'w').close()", tmp_path).code == 0
    assert (tmp_path / "made").exists()
