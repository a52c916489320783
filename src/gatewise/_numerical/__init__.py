"""Derivatives by differences on plain NumPy, each with an error bar: the second opinion beside every analytic one."""

from gatewise._numerical.complex_step import complex_slope as complex_slope
from gatewise._numerical.evidence import Judgement as Judgement
from gatewise._numerical.judgement import closeness as closeness
from gatewise._numerical.judgement import judge as judge
from gatewise._numerical.judgement import relative as relative
from gatewise._numerical.lines import Direction as Direction
from gatewise._numerical.noise import noise_of as noise_of
from gatewise._numerical.slopes import Slope as Slope
from gatewise._numerical.slopes import derivative as derivative
from gatewise._numerical.slopes import slope as slope
