"""LLVM text to machine code, by llvmlite where it is installed; what was compiled is kept on disk."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gatewise._cache import cache

SUM = hashlib.sha256
LOCK = threading.Lock()  # LLVM's own state is one for the process


class Unavailable(Exception):  # noqa: N818 - said by explain(); NumPy computes then
    """Why there is no native code."""


class Machine:
    """The processor, as LLVM knows it."""

    def __init__(self, binding: Any, version: str) -> None:
        self.binding = binding
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        self.cpu = binding.get_host_cpu_name()
        self.features = binding.get_host_cpu_features()
        triple = binding.get_process_triple()
        if triple.startswith(("x86_64", "i686")) and not self.features.get("fma"):
            raise Unavailable(f"the processor ({self.cpu}) does not multiply and add with one rounding")
        told = self.features.flatten()
        self.triple, self.told = triple, told
        self.name = f"{version} {binding.llvm_version_info} {triple} {self.cpu} {told}"

    def target(self) -> Any:
        """What LLVM compiles for; an engine takes its own, and ends it."""
        return self.binding.Target.from_triple(self.triple).create_target_machine(
            cpu=self.cpu, features=self.told, opt=3, reloc="pic", codemodel="jitdefault", jit=True
        )

    def compiled(self, text: str) -> bytes:
        """The object code of a module."""
        binding = self.binding
        module = binding.parse_assembly(text)
        module.verify()
        options = binding.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = True
        target = self.target()
        passes = binding.create_pass_builder(target, options)
        passes.getModulePassManager().run(module, passes)
        return bytes(target.emit_object(module))

    def loaded(self, code: bytes, names: Iterable[str]) -> Library:
        """Object code in memory, and where its functions are."""
        binding = self.binding
        engine = binding.create_mcjit_compiler(binding.parse_assembly(""), self.target())
        engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return Library(engine, {name: engine.get_function_address(name) for name in names})


class Library:
    """Functions by their names: `addresses`. They live as long as this object."""

    def __init__(self, engine: Any, addresses: dict[str, int]) -> None:
        self.engine, self.addresses = engine, addresses


@functools.cache
def machine() -> Machine:
    """The processor; llvmlite is loaded here. Raises `Unavailable`."""
    try:
        import llvmlite
        from llvmlite import binding

        return Machine(binding, str(llvmlite.__version__))
    except ImportError as error:
        raise Unavailable(f"llvmlite is not there ({error}): pip install gatewise[fast]") from None
    except (AttributeError, OSError, RuntimeError, TypeError) as error:
        raise Unavailable(f"llvmlite does not work: {type(error).__name__}: {error}") from None


def library(text: str, names: Iterable[str]) -> Library:
    """The functions of a module, compiled now or at an earlier time. Raises `Unavailable`."""
    here = machine()
    with LOCK:
        place = place_of(f"{here.name}\n{text}")
        try:
            code = read(place)
            if code is None:
                code = here.compiled(text)
                write(place, code)
            return here.loaded(code, names)
        except (AttributeError, OSError, RuntimeError, TypeError) as error:
            raise Unavailable(f"llvmlite does not work: {type(error).__name__}: {error}") from None


def place_of(text: str) -> Path | None:
    """The file of what has this text; None where there is no place for files."""
    try:
        return cache() / "native" / SUM(text.encode()).hexdigest()
    except RuntimeError:  # no home
        return None


def read(place: Path | None) -> bytes | None:
    """The object code in a file; None where there is none, or where it is not what was written."""
    try:
        told = place.read_bytes() if place else b""
    except OSError:
        return None
    size = SUM().digest_size
    return told[size:] if len(told) > size and SUM(told[size:]).digest() == told[:size] else None


def write(place: Path | None, code: bytes) -> None:
    """Keep object code, whole or not at all."""
    if place is None:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(number, "wb") as file:
            file.write(SUM(code).digest() + code)
        os.replace(name, place)
    except OSError:  # no room, or no right to write: it is compiled anew the next time
        pass
