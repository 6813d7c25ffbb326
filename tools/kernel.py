"""How chapters and tests are run: the variables, the kernel, and what is loaded before a fork."""

from __future__ import annotations

import importlib
import os

import ipykernel.kernelspec
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

from tools.threads import ONE_THREAD

SETTINGS = {
    "BOOK_STATIC": "1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the kernel warns about frozen modules
    **ONE_THREAD,
}
# Of what chapters and tests load, all that is not ours.
LOADED = (
    "hypothesis.strategies",
    "IPython.display",
    "matplotlib.pyplot",
    "PIL.Image",
    "pytest",
    "scipy.integrate",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.signal",
    "scipy.special",
    "scipy.stats",
)


def apply_settings() -> None:
    """Set them in this process, before NumPy is imported; kernels inherit them."""
    os.environ.update(SETTINGS)


def load() -> None:
    """Load it once, before anything is forked."""
    for name in LOADED:
        importlib.import_module(name)


class ThisPython(KernelSpecManager):  # type: ignore[misc]
    """Every kernel is the Python that runs us, whatever kernels the machine has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )
