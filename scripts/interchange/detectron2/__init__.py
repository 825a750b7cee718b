"""Stands in for detectron2 where it can't be installed (it has no wheel): the ResNet-FPN that the
Python library's LayoutLMv2 asks it for, with its key names and nothing else.

That it computes what detectron2 computes is shown by `exchange.py`, which first compares it with values
recorded from the real one (tests/goldens).
"""
from . import config, layers, modeling  # noqa: F401

__version__ = "0.6"
