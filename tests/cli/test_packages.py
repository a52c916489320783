"""A file of a package on the command line is imported as part of its package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

LAYERS = "import numpy as np\n\n\ndef relu(x):\n    return np.maximum(x, 0)\n"
PAIR = (
    "import numpy as np\nfrom .layers import relu\nfrom . import layers\n\n\n"
    "def act(x):\n    return layers.relu(x) * 2.0\n\n\ndef act_backward(dout, x):\n    return dout * (x > 0)\n"
)
SCRIPT = "from ..layers import relu\nx = 3.0\nf = relu(x) * x\ndx = 3 * x\n"


@pytest.fixture
def package(typed) -> str:
    for name, text in {"layers.py": LAYERS, "pair.py": PAIR, "deep/notes.py": SCRIPT}.items():
        path = Path("nets", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return "nets"


@pytest.mark.parametrize("marked", [True, False], ids=["with __init__", "without"])
def test_relative_imports(typed, package, marked):
    if marked:
        Path("nets/__init__.py").write_text("from .layers import relu\n", encoding="utf-8")
        Path("nets/deep/__init__.py").touch()
    answer = typed("check", "nets/pair.py")
    assert answer.status == 1, answer
    assert "line 11: return dout * (x > 0)" in answer.out
    answer = typed("check", "nets/pair.py:act", "x=[1.5, -2.0]")
    assert "line 11: return dout * (x > 0)" in answer.out
    assert "maximum" in typed("show", "nets/pair.py:act", "x=3").out
    answer = typed("check", "nets/deep/notes.py")
    assert "line 4: dx = 3 * x" in answer.out
    assert typed("show", "nets/deep/notes.py").status == 0
    assert not [name for name in sys.modules if name.partition(".")[0] == "nets"]


def test_a_package_that_changed_is_imported_anew(typed, package):
    assert typed("check", "nets/pair.py").status == 1
    Path("nets/layers.py").write_text(LAYERS.replace("maximum(x, 0)", "maximum(x, 0) / 2"), encoding="utf-8")
    assert typed("check", "nets/pair.py").status == 0


def test_what_is_missing_in_a_package_is_said(refused, package):
    Path("nets/lost.py").write_text("from .nowhere import f\n", encoding="utf-8")
    assert "No module named 'nets.nowhere'" in refused("check", "nets/lost.py:f", "x=1")
    Path("nets/far.py").write_text(f"from {'.' * 60}layers import f\n", encoding="utf-8")
    assert "relative import" in refused("check", "nets/far.py:f", "x=1")


def test_what_a_file_imports_by_its_project_s_folder_is_found_above_it(typed):
    """`from common.functions import *` in common/layers.py, checked from anywhere; a helper does the same."""
    for name, text in {
        "book/common/functions.py": "from settings import scale\n\n\ndef twice(x):\n    return scale * x\n",
        "book/settings.py": "scale = 2.0\n",
        "book/common/layers.py": "from common.functions import *\n\n\nclass Twice:\n    def forward(self, x):\n"
        "        return twice(x)\n\n    def backward(self, dout):\n        return 3 * dout\n",
        "book/common/alone.py": "import nowhere_at_all\n\n\ndef f(x):\n    return x\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    finders, modules = list(sys.meta_path), set(sys.modules)
    assert "line 9: return 3 * dout" in typed("check", "book/common/layers.py").out
    assert "install nowhere_at_all" in typed("check", "book/common/alone.py:f", "x=1").err
    assert sys.meta_path == finders
    assert not {"common", "common.functions", "settings"} & (set(sys.modules) - modules)


def test_no_project_reaches_beyond_its_root(typed):
    for name, text in {"strange.py": "raise SystemExit('run')\n", "own/setup.py": "", "own/deep/f.py": TRIES}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    assert typed("show", "own/deep/f.py:f", "x=3").status == 0


TRIES = """try:
    import strange
except ImportError:
    strange = None


def f(x):
    return x * x if strange is None else x
"""


def test_a_package_without_an_init_is_found_in_a_checkout_of_its_name(typed):
    """deepnet/deepnet/layers.py says `import deepnet.tools`, with deepnet/run.py beside the inner folder."""
    for name, text in {
        "deepnet/README.md": "",
        "deepnet/run.py": "raise SystemExit('run')\n",
        "deepnet/deepnet/tools.py": "scale = 3.0\n",
        "deepnet/deepnet/layers.py": "import deepnet.tools as tools\n\n\ndef f(x):\n    return tools.scale * x\n\n\n"
        "def f_grad(x):\n    return tools.scale\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    assert typed("check", "deepnet/deepnet/layers.py:f", "x=2").status == 0


def test_a_file_that_its_own_package_imports_is_imported_by_it(typed, refused):
    """`from .layers import *` in the package's __init__.py, and a module beside it that takes names from there."""
    for name, text in {
        "deepnn/__init__.py": "from . import nets\n",
        "deepnn/nets.py": "from .layers import twice\n\n\ndef net(x):\n    return twice(twice(x))\n",
        "deepnn/layers/__init__.py": "from .layers import *\n",
        "deepnn/layers/layers.py": "from ..scales import scale\n\n\ndef twice(x):\n    return scale * x\n\n\n"
        "def twice_grad(x):\n    return scale\n",
        "deepnn/scales.py": "scale = 2.0\n",
        "broken/__init__.py": "import nowhere_at_all\n",
        "broken/f.py": "from .g import h\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    assert typed("check", "deepnn/layers/layers.py:twice", "x=2").status == 0
    assert not [name for name in sys.modules if name.partition(".")[0] == "deepnn"]
    assert "install nowhere_at_all" in refused("check", "broken/f.py:f", "x=1")
