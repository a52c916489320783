"""Is this gradient right? A verdict with its evidence, from differences of the user's own function."""

from gatewise._check.filing import FileReport as FileReport
from gatewise._check.filing import method_in as method_in
from gatewise._check.filing import needs as needs
from gatewise._check.filing import on_file as on_file
from gatewise._check.filing import on_pair as on_pair
from gatewise._check.filing import pairs_in as pairs_in
from gatewise._check.pairs import Pair as Pair
from gatewise._check.report import Finding as Finding
from gatewise._check.report import ParameterReport as ParameterReport
from gatewise._check.report import Report as Report
from gatewise._check.verdict import check as check
