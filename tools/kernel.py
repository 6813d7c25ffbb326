"""How a chapter is run, wherever it is: the variables its kernel sees, and the kernel."""

from __future__ import annotations

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


def apply_settings() -> None:
    """Set them in this process, before NumPy is imported; kernels inherit them."""
    os.environ.update(SETTINGS)


class ThisPython(KernelSpecManager):  # type: ignore[misc]
    """Every kernel is the Python that runs us, whatever kernels the machine has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )
