"""What a person types: `gatewise show` and `gatewise gates`.

`commands` reads the line, `show` makes and prints a circuit, `catalogue` the pages of the gates, `terminal` draws
tables, and `mistakes` turns whatever goes wrong into one message.
"""

from gatewise._cli.commands import main as main
