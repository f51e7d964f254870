"""The shipped examples are read by the programs they are for, and keep what the demo relies on."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from engine.serve.__main__ import parse
from tests.conftest import ROOT

FOLDER = ROOT / "engine/serve/examples"
NGINX = os.environ.get("NGINX_PATH") or shutil.which("nginx")
SYSTEMD = shutil.which("systemd-analyze")


def directives() -> list[tuple[str, ...]]:
    """Each directive of nginx.conf with the names of the blocks around it; ValueError where braces do not match."""
    text = re.sub(r"(?m)^\s*#.*$", "", (FOLDER / "nginx.conf").read_text())
    stack: list[str] = []
    found = []
    for words, end in re.findall(r'((?:"[^"]*"|[^;{}"])*)([;{}])', text):
        if end == "{":
            stack.append(words.split()[0])
        elif end == "}":
            if words.strip():
                raise ValueError(f"no semicolon after {words.strip()}")
            stack.pop()
        else:
            found.append((*stack, *words.split()))
    if stack:
        raise ValueError(f"{stack} is not closed")
    return found


def test_nginx_is_well_formed_and_keeps_the_controls() -> None:
    found = directives()
    location = [words[3:] for words in found if words[:3] == ("http", "server", "location")]
    assert ("proxy_set_header", "X-Forwarded-For", "$remote_addr") in location
    assert ("proxy_buffering", "off") in location, "answers come as a stream"
    server = [words[2:] for words in found if words[:2] == ("http", "server")]
    assert ("client_max_body_size", "1m") in server
    assert ("return", "444") in server, "foreign names get no answer"


@pytest.mark.skipif(not NGINX, reason="no nginx here; the test above reads the file by itself")
def test_nginx_takes_it(tmp_path: Path) -> None:
    assert NGINX
    key, pem = tmp_path / "demo.key", tmp_path / "demo.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=demo.test"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pem, key)
    text = (FOLDER / "nginx.conf").read_text()
    text = text.replace("/etc/ssl/certs/demo.pem", str(pem)).replace("/etc/ssl/private/demo.key", str(key))
    text = text.replace("http {", "http { access_log off;", 1)
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{ {kind}_temp_path {tmp_path}/{kind};", 1)
    file = tmp_path / "nginx.conf"
    file.write_text(f"pid {tmp_path}/pid;\n{text}")
    line = [NGINX, "-t", "-q", "-e", str(tmp_path / "log"), "-c", str(file)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def unit() -> dict[str, str]:
    lines = (FOLDER / "demo.service").read_text().splitlines()
    assert all(re.fullmatch(r"(#.*|\[\w+\]|[A-Za-z]+=.*|)", line) for line in lines)
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_the_unit_starts_the_demo_with_options_that_exist() -> None:
    words = unit()["ExecStart"].replace("${CREDENTIALS_DIRECTORY}", "/run/credentials").split()
    assert words[1:3] == ["-m", "engine.serve"]
    options = parse(words[3:])
    assert options.host == "127.0.0.1"
    assert options.behind_proxy
    assert options.auth_file
    assert unit()["StateDirectory"] == options.state.name
    assert unit()["DynamicUser"] == unit()["NoNewPrivileges"] == "yes"
    assert unit()["CapabilityBoundingSet"] == ""


@pytest.mark.skipif(not SYSTEMD, reason="no systemd-analyze here; the test above reads the file by itself")
def test_systemd_takes_it(tmp_path: Path) -> None:
    assert SYSTEMD
    text = (FOLDER / "demo.service").read_text().replace("/srv/demo/.venv/bin/python", "/bin/true")
    file = tmp_path / "demo.service"
    file.write_text(text)
    done = subprocess.run([SYSTEMD, "verify", str(file)], capture_output=True, text=True, check=False)
    own = [line for line in done.stderr.splitlines() if "demo.service" in line]
    assert own == []
