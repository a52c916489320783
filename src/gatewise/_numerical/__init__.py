"""Derivatives by differences on plain NumPy, each with an error bar: the second opinion beside every analytic one."""

from gatewise._numerical.complex_step import complex_slope as complex_slope
from gatewise._numerical.ladder import Line as Line
from gatewise._numerical.ladder import Slope as Slope
from gatewise._numerical.ladder import derivative as derivative
from gatewise._numerical.ladder import jumps as jumps
from gatewise._numerical.ladder import nearby as nearby
from gatewise._numerical.ladder import slope as slope
from gatewise._numerical.noise import noise_of as noise_of
