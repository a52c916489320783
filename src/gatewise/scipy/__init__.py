"""SciPy for code that gatewise does not see into, as other files. `from gatewise.scipy import special`.

On plain values each name does exactly what SciPy's does; Tensors go to the gates of its functions. `special`,
`linalg` and `stats` are SciPy's own modules otherwise. It needs SciPy: pip install 'gatewise[scipy]'.

>>> import gatewise as gw
>>> from gatewise.scipy import special
>>> class Unit:
...     def fire(self, x):
...         return special.expit(x)
>>> gw.grad(Unit().fire)(0.0)
0.25
>>> special.expit(0.0).item()
0.5
"""
