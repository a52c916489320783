"""NumPy port of blocks.PreNormMLP (see model.py).  Weights keep nn.Linear's layout: (out, in)."""
import math

import numpy as np

_C = math.sqrt(2.0 / math.pi)


def gelu(x):
    return 0.5 * x * (1.0 + np.tanh(_C * (x + 0.044715 * x**3)))


def gelu_grad(x):
    t = np.tanh(_C * (x + 0.044715 * x**3))
    dt = (1.0 - t**2) * _C * (1.0 + 3 * 0.044715 * x**2)
    return 0.5 * (1.0 + t) + 0.5 * x * dt


def forward(x, ln_weight, ln_bias, fc1_weight, fc1_bias, fc2_weight, fc2_bias, eps=1e-5):
    # self.norm
    mean = x.mean(-1, keepdims=True)
    var = x.var(-1, keepdims=True)  # biased, as torch does
    rstd = 1.0 / np.sqrt(var + eps)
    xhat = (x - mean) * rstd
    y = xhat * ln_weight + ln_bias
    # self.fc1, self.act, self.fc2
    u = y @ fc1_weight.T + fc1_bias
    a = gelu(u)
    out = x + a @ fc2_weight.T + fc2_bias
    ctx = (xhat, rstd, y, u, a, ln_weight, fc1_weight, fc2_weight)
    return out, ctx


def backward(grad_output, ctx):
    xhat, rstd, y, u, a, ln_weight, fc1_weight, fc2_weight = ctx
    # self.fc2
    grad_fc2_weight = grad_output.T @ a
    grad_fc2_bias = grad_output.sum(0)
    grad_a = grad_output @ fc2_weight
    # self.act
    grad_u = grad_a * gelu_grad(u)
    # self.fc1
    grad_fc1_weight = grad_u.T @ y
    grad_fc1_bias = grad_u.sum(0)
    grad_y = grad_u @ fc1_weight
    # self.norm
    grad_ln_weight = (grad_y * xhat).sum(0)
    grad_ln_bias = grad_y.sum(0)
    grad_xhat = grad_y * ln_weight
    m1 = grad_xhat.mean(-1, keepdims=True)
    m2 = (grad_xhat * xhat).mean(-1, keepdims=True)
    grad_x = rstd * (grad_xhat - m1 - xhat * m2)
    # residual
    grad_x += grad_output
    return (grad_x, grad_ln_weight, grad_ln_bias, grad_fc1_weight, grad_fc1_bias, grad_fc2_weight, grad_fc2_bias)
