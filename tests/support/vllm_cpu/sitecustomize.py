"""Lets vLLM run on a CPU with what PyPI has: its torchvision is built for CUDA and wants operators that are not there.

Python imports a module of this name by itself at start, in vLLM's child processes too, where this folder is on
``PYTHONPATH``. torchvision registers the shape rules of ``nms`` for operators that its CUDA library would define; that
library does not load beside a torch for the CPU, so that they are declared here, just before torchvision is imported.
Nothing calls them: image processors resize, which is torch's own.

vLLM 0.30 takes back what a seeded request drew when only a part of its prompt was read, by the generator's offset. A
generator of torch for the CPU has none and raises, which ends the engine for all. Here it has one that does nothing:
what is drawn with a seed then depends on how its prompt was cut, and the engine lives.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

DECLARED = ("nms", "qnms")
"""Operators whose shape rules torchvision registers when it is imported."""


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    """Finds nothing; declares the operators when torchvision is looked for the first time."""

    library: object = None  # kept: a library that is collected takes its operators along

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "torchvision" and self.library is None:
            import torch  # here: it takes a second, and most processes that start here never need it

            library = torch.library.Library("torchvision", "DEF")
            for operator in DECLARED:
                library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            self.library = library
        return None


class _BeforeTheRunner(importlib.abc.MetaPathFinder):
    """Finds nothing; gives generators an offset before the module that makes them is imported."""

    is_done = False

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "vllm.v1.worker.cpu_model_runner" and not self.is_done:
            import torch  # here, as above

            class Generator(torch.Generator):  # type: ignore[misc] # torch has no types where this is checked
                def get_offset(self) -> int:
                    return 4  # what vLLM takes back at once

                def set_offset(self, offset: int) -> None:
                    pass

            torch.Generator = Generator
            self.is_done = True
        return None


sys.meta_path[:0] = [_BeforeTorchvision(), _BeforeTheRunner()]
