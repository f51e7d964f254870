# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""Read the experiment's settings and the class weights that go with them."""

import joblib
import yaml

DEFAULTS = {"epochs": 10, "batch": 64, "epsilon": 0.1, "schedule": "0.001"}


def read(path):
    """Return the defaults, overlaid with what a YAML file says."""
    with open(path) as file:
        return {**DEFAULTS, **yaml.load(file, Loader=yaml.Loader)}


def learning_rate(settings, epoch):
    """Return the rate of an epoch; the schedule is an expression such as "0.001 * 0.9 ** epoch"."""
    return eval(settings["schedule"], {"epoch": epoch})


def class_weights(path):
    """Return the weights of the ten digits that a colleague sent."""
    return joblib.load(path)
