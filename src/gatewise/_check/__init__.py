"""Is this gradient right? A verdict with its evidence, from differences of the user's own function."""

from gatewise._check.report import Finding as Finding
from gatewise._check.report import ParameterReport as ParameterReport
from gatewise._check.report import Report as Report
from gatewise._check.verdict import check as check
