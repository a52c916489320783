"""cs231n assignment 2 - fully connected blocks, my version of layers.py"""
import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    out = x.reshape(N, -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(0, x)
    return out, x


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def affine_relu_affine_forward(x, w1, b1, w2, b2):
    a1, fc1_cache = affine_forward(x, w1, b1)
    h1, relu_cache = relu_forward(a1)
    scores, fc2_cache = affine_forward(h1, w2, b2)
    return scores, (fc1_cache, relu_cache, fc2_cache)


def affine_relu_affine_backward(dscores, cache):
    fc1_cache, relu_cache, fc2_cache = cache
    dh1, dw2, db2 = affine_backward(dscores, fc2_cache)
    da1 = relu_backward(dh1, relu_cache)
    dx, dw1, db1 = affine_backward(da1, fc1_cache)
    return dx, dw1, db1, dw2, db2
