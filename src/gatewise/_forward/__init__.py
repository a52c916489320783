"""How wires move where the inputs do: the way forward over what was recorded."""

from gatewise._forward.sweep import Tangents as Tangents
from gatewise._forward.sweep import between as between
from gatewise._forward.sweep import push as push
