"""The expression language: text a person typed becomes a checked tree, canonical Python text, or one clear error.

Nothing here evaluates text. Characters become tokens (`scanning`), tokens become nodes (`grammar`), and nodes are
written out as Python (`tree`); `mending` looks for the expression that was meant, and `values` reads the numbers,
arrays and files a person types on the command line.
"""

from gatewise._language.grammar import Expression as Expression
from gatewise._language.grammar import parse as parse
from gatewise._language.names import input_names as input_names
from gatewise._language.notations import SYNONYMS as SYNONYMS
from gatewise._language.tree import Assignment as Assignment
from gatewise._language.tree import Binary as Binary
from gatewise._language.tree import Call as Call
from gatewise._language.tree import Constant as Constant
from gatewise._language.tree import Name as Name
from gatewise._language.tree import Negative as Negative
from gatewise._language.tree import Node as Node
from gatewise._language.tree import Number as Number
from gatewise._language.values import parse_input as parse_input
from gatewise._language.values import parse_value as parse_value
