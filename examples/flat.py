"""A flat script with a backward pass by hand: `gatewise show examples/flat.py` shows its circuit.

The inputs are w, x and b, because they are assigned numbers; the names of gradients are left out.
"""

w = 2.0
x = -1.0
b = -3.0

# forward pass
score = w * x + b
hinge = max(0.0, 1.0 - score)
loss = hinge * hinge

# backward pass, by hand
dhinge = 2 * hinge
dscore = -dhinge * (hinge > 0)
dw = x * dscore
dx = w * dscore
db = dscore
