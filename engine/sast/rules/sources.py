# Lines for `semgrep test`; never imported.
import hashlib
import shutil
import tarfile
import urllib.request
import zipfile
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


def bare_in_parts(url, file):
    # ruleid: unverified-download
    answer = requests.get(url, stream=True)
    for part in answer.iter_content(1024):
        file.write(part)


def asked(url):
    # ok: unverified-download
    answer = requests.get(url, timeout=3)
    # ok: unverified-download
    return answer.json(), requests.get(url).status_code


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


def unpack(path, folder):
    with tarfile.open(path) as bundle:
        # ruleid: archive-unpacked-by-its-own-paths
        bundle.extractall(folder)
    archive = tarfile.open(path, "r:gz")
    # ruleid: archive-unpacked-by-its-own-paths
    archive.extractall(folder)
    # ruleid: archive-unpacked-by-its-own-paths
    tarfile.open(path).extractall()
    # ruleid: archive-unpacked-by-its-own-paths
    shutil.unpack_archive(path, folder)


def unpack_checked(path, folder):
    with tarfile.open(path) as bundle:
        # ok: archive-unpacked-by-its-own-paths
        bundle.extractall(folder, filter="data")
    # ok: archive-unpacked-by-its-own-paths
    shutil.unpack_archive(path, folder, filter="data")
    with zipfile.ZipFile(path) as bundle:
        # ok: archive-unpacked-by-its-own-paths
        bundle.extractall(folder)
