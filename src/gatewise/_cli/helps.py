"""What `--help` says of each command, and what `gatewise` alone says."""

EXAMPLES = """\
Backpropagation, gate by gate. Three things to try:

  gatewise show "(x + y) * z" x=-2 y=5 z=-4
  gatewise show "q = x + y; f = q * z" x=-2 y=5 z=-4 --walk
  gatewise show "sig = 1 / (1 + exp(-x)); f = sig * y" x=1 y=3 --code

Your own function f in net.py: gatewise show net.py:f x=3 y=-4
Is your gradient right? gatewise check net.py:f x=3 y=-4
All options: gatewise show --help. All gates: gatewise gates."""

SHOW = """\
Run an expression, a function in a file, or a flat script once, and show its
circuit: as a table, or as one of the options below asks.

\b
EXPRESSION         "(x + y) * z", "q = x + y; f = q * z", "sum(dot(W, X))"
FILE.py:FUNCTION   a function in plain NumPy; this RUNS the file, then it
FILE.py            a flat script, which is RUN: names assigned numbers, lists
                   or random draws are the inputs; the last name that is no
                   gradient's is the output

\b
NAME=VALUE         x=3, x=-1/3, X=[[1.0, 2.0], [3.0, 4.0]], X=@file.npy
                   (or .csv, .txt), "W=0.1 * randn(5, 10)", rand, zeros,
                   ones, eye, arange, linspace

Numbers are taken as floats. Lists of whole numbers are data and get no
gradient: write 1.0 for 1.

\b
gatewise show "(x + y) * z" x=-2 y=5 z=-4 --walk
gatewise show "w*x + b" w=2 x=3 b=1 --vary x=1,10,100,1000
gatewise show "q = x + y; f = q * z" x=-2 y=5 z=-4 --card q --derive x
gatewise show "sum(dot(W, X))" "W=randn(5,10)" "X=randn(10,3)" --rng 0 \\
    --html circuit.html --open
gatewise show net.py:loss X=@X.npy y=@y.npy "W=randn(4,3)" --wrt W --code
"""

TRAIN = """\
Train a net on a data set (digits, mnist, cifar10), after a look at whether it
can be trained at all. Without options: the course's two-layer net, its mean
image off, weights of 1e-4, SGD, batches of 200.

\b
gatewise train digits
gatewise train cifar10 --data DIR --model linear
gatewise train cifar10 --data DIR --hidden 200 --epochs 10 --lr 1e-3 --reg 0.25
gatewise train cifar10 --data DIR --search 20
gatewise train --resume run/

Ctrl-C finishes the step, saves, and leaves with status 130; --resume goes on
from there, bit for bit. The run's folder has the checkpoint and, where
matplotlib is installed, curves.svg and weights.png.
"""

CHECK = """\
Is this gradient right, and if not, which line is wrong? The function is run
at points nearby; what it gives is compared with the gradient: the one it
returns, the one you name, or gatewise's own.

\b
FILE.py:FUNCTION   a function that returns (value, gradients), or a value;
                   this RUNS the file, then the function, many times
FILE.py            a flat script with gradients by name (dx, dfdq, grads["W"]),
                   an exercise, which is marked line by line, or functions:
                   every X_forward and X_backward, X and X_grad, every class
                   with both, on inputs that are drawn: a row for each
FILE.ipynb         a notebook, FILE.ipynb:FUNCTION too: its cells of code are run
                   in the order in which they stand; --cell N or NAME is one
FOLDER             every file in it, each in a process of its own
EXPRESSION         "(x + y) * z": gatewise's own gradient is checked

\b
NAME=VALUE         as for show: x=3, X=@file.npy, "W=0.1 * randn(5, 10)";
                   settings too: 'conv_param={"stride": 1, "pad": 1}'

\b
gatewise check homework.py:forward_backward x=3 y=-4
gatewise check notes.py
gatewise check layers.py
gatewise check homework.ipynb --cell 3
gatewise check homework.py:loss --gradient homework.py:loss_grad "W=randn(4,3)"
gatewise check layers.py:affine_forward --backward layers.py:affine_backward \\
    "x=randn(2,3)" "w=randn(3,4)" "b=randn(4)"
gatewise check --exercises
gatewise check --blank "x*y + sigmoid(x)" x=3 y=-4 -o exercise.py

The exit status is 0 for right (or a kink whose gradient lies between the
slopes on its two sides), 1 for wrong, 3 for undecidable or where a gradient
is missing, 2 for a mistake in what was typed. The verdict is evidence, and no proof.
"""
