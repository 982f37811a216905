"""Which frameworks are observed: those that are imported, from the first open session to after the last one.

A framework, or a part of one, that is imported later, inside a block, is observed from then on. What is never
imported costs nothing.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from types import MappingProxyType, ModuleType

from ag2obs.errors import AdapterUnavailable
from ag2obs.process import PROCESS, Adapter


def _classic() -> Adapter:
    from ag2obs.adapters.classic import ClassicAdapter

    return ClassicAdapter()


def _v1() -> Adapter:
    from ag2obs.adapters.v1 import framework

    return framework.core()


def _v1_network() -> Adapter:
    from ag2obs.adapters.v1 import framework

    return framework.network_part()


def _v1_live() -> Adapter:
    from ag2obs.adapters.v1 import framework

    return framework.live_part()


def _threads() -> Adapter:
    from ag2obs.adapters.threads import ThreadsAdapter

    return ThreadsAdapter()


FRAMEWORKS: Mapping[str, Callable[[], Adapter]] = MappingProxyType(
    {"autogen": _classic, "ag2": _v1, "ag2.network": _v1_network, "ag2.live": _v1_live}
)
"""Modules of the frameworks whose import begins their observation, and what builds the adapter of each."""

_OBSERVED: Mapping[str, Callable[[], Adapter]] = MappingProxyType({**FRAMEWORKS, "ag2obs.trace": _threads})
"""Those, and what user code records with: it also runs in threads where no framework is."""


def install() -> None:
    """Observe every framework that is imported, and watch for those that are not yet; call under PROCESS.lock."""
    if PROCESS.adapters or PROCESS.import_watch is not None:
        return
    missing = [name for name in _OBSERVED if not _is_imported(name)]
    for name in _OBSERVED:
        if name not in missing:
            _observe(name)
    if missing:
        PROCESS.import_watch = ImportWatch(missing)
        sys.meta_path.insert(0, PROCESS.import_watch)
    PROCESS.on_idle = uninstall


def uninstall() -> None:
    """Put every framework back to what it was; call under PROCESS.lock."""
    watch, PROCESS.import_watch = PROCESS.import_watch, None
    if watch in sys.meta_path:
        sys.meta_path.remove(watch)
    while PROCESS.adapters:
        with PROCESS.guard.protect("putting a framework back"):
            PROCESS.adapters.pop().uninstall()


def _observe(name: str) -> None:
    adapter = _OBSERVED[name]()
    with PROCESS.guard.protect(f"observing {name}"):
        try:
            adapter.install()
        except AdapterUnavailable as error:
            PROCESS.guard.tell_once(f"adapter:{name}", str(error))
            return
        PROCESS.adapters.append(adapter)


class ImportWatch(MetaPathFinder):
    """Notices the import of a framework and has it observed when its module has run."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the framework as the other finders do, with a loader that tells us when it has run."""
        if fullname not in self._names:
            return None
        for finder in [finder for finder in sys.meta_path if finder is not self]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _TellingLoader(spec.loader)
                return spec
        return None


class _TellingLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module is to look as if we had never been here.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        with PROCESS.lock:
            if PROCESS.sessions:
                _observe(module.__name__)


def _is_imported(name: str) -> bool:
    """Whether a framework's module has run; one that another thread is importing tells when it has.

    To wait for that import under our lock would wait for ever, because it takes our lock when it ends.
    """
    module = sys.modules.get(name)
    return module is not None and not getattr(module.__spec__, "_initializing", False)
