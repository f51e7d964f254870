# Lines for `semgrep test`; never imported.
import hashlib
import urllib.request
from hashlib import sha256
from urllib.request import urlretrieve

import requests
import torch

# ruleid: plain-http-source
MIRROR = "http://mirror.example.org/mnist.gz"
# ok: plain-http-source
SECURE_MIRROR = "https://mirror.example.org/mnist.gz"
# ok: plain-http-source
LOCAL_URL = "http://127.0.0.1:7860/"
# ok: plain-http-source
NAMESPACE = "http://www.w3.org/2000/svg"

# ruleid: torch-hub-load
net = torch.hub.load("someone/models", "simplecnn")
# ok: torch-hub-load
torch.hub.set_dir("cache")


def bare(url, path):
    # ruleid: unverified-download
    urllib.request.urlretrieve(url, path)


def bare_alias(url, path):
    # ruleid: unverified-download
    urlretrieve(url, path)


def bare_requests(path):
    # ruleid: unverified-download, plain-http-source
    path.write_bytes(requests.get("http://mirror.example.org/model.pt").content)


def weak(url, path):
    # ruleid: unverified-download
    urllib.request.urlretrieve(url, path)
    return hashlib.md5(path.read_bytes()).hexdigest()


def checked(url, path, expected):
    # ok: unverified-download
    content = requests.get(url, timeout=10).content
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(path)


def checked_alias(url, path, expected):
    # ok: unverified-download
    with urllib.request.urlopen(url) as answer:
        content = answer.read()
    found = sha256(content).hexdigest()
    if found != expected:
        raise ValueError(path)


def hub(url, path):
    # ruleid: unverified-download
    torch.hub.download_url_to_file(url, path)
    # ok: unverified-download
    torch.hub.download_url_to_file(url, path, hash_prefix="ba891046e650")
    # ruleid: unverified-download
    torch.hub.load_state_dict_from_url(url)
    # ok: unverified-download
    torch.hub.load_state_dict_from_url(url, check_hash=True)
