# Lines for `semgrep test`; never imported.
import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pickle
import torch
import yaml
from numpy import load as read_array
from pickle import loads
from torch import load as read_weights


def arrays(path, trusted):
    # ruleid: numpy-allow-pickle
    np.load(path, allow_pickle=True)
    # ruleid: numpy-allow-pickle
    read_array(path, mmap_mode="r", allow_pickle=True)
    # ok: numpy-allow-pickle
    np.load(path)
    # ok: numpy-allow-pickle
    np.load(path, allow_pickle=False)


def weights(path, model):
    # ruleid: torch-load-without-weights-only
    torch.load(path)
    # ruleid: torch-load-without-weights-only
    read_weights(path, map_location="cpu", weights_only=False)
    # ok: torch-load-without-weights-only
    torch.load(path, weights_only=True)
    # ok: torch-load-without-weights-only
    torch.load(path, map_location="cpu", weights_only=True)
    # ruleid: torch-save-pickles
    torch.save(model, path)
    # ok: torch-save-pickles
    safetensors.torch.save(model.state_dict())


def pickles(file, content):
    # ruleid: pickle-load
    pickle.load(file)
    # ruleid: pickle-load
    loads(content)
    # ruleid: pickle-load
    pickle.Unpickler(file).load()
    # ruleid: pickle-load
    pd.read_pickle(file)
    # ruleid: pickle-load
    cloudpickle.loads(content)
    # ok: pickle-load
    pickle.dumps(content)
    # ok: pickle-load
    json.load(file)


def others(path, file):
    # ruleid: joblib-load
    joblib.load(path)
    # ok: joblib-load
    joblib.dump(file, path)
    # ruleid: yaml-unsafe-load
    yaml.load(file)
    # ruleid: yaml-unsafe-load
    yaml.load(file, Loader=yaml.Loader)
    # ruleid: yaml-unsafe-load
    yaml.unsafe_load(file)
    # ok: yaml-unsafe-load
    yaml.load(file, Loader=yaml.SafeLoader)
    # ok: yaml-unsafe-load
    yaml.load(file, yaml.CSafeLoader)
    # ok: yaml-unsafe-load
    yaml.safe_load(file)


def objects(path, labels, x):
    # ruleid: numpy-object-array-saved
    np.save(path, np.array(labels, dtype=object))
    # ruleid: numpy-object-array-saved
    np.savez(path, images=x, labels=np.array(list(labels), dtype=object))
    # ok: numpy-object-array-saved
    np.savez(path, images=x, labels=np.array(labels, dtype=np.int64))


def objects_by_name(path, labels):
    ragged = np.array(labels, dtype=object)
    # ruleid: numpy-object-array-saved
    np.savez_compressed(path, labels=ragged)
    # ok: numpy-object-array-saved
    print(ragged)
