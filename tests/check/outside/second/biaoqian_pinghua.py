# -*- coding: utf-8 -*-
# 带温度和类别权重的标签平滑交叉熵
import numpy as np


def softmax(z):
    z = z - np.max(z, axis=-1, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=-1, keepdims=True)


def ls_ce_forward(feat, W, b, label, cls_weight, eps=0.1, T=2.0):
    """
    feat: (B, D) 特征   W: (D, K)   b: (K,)
    label: (B,) 整数标签   cls_weight: (K,) 每个类别的权重（常数）
    """
    B, K = feat.shape[0], W.shape[1]
    logits = (feat @ W + b) / T
    prob = softmax(logits)

    # 平滑后的目标分布
    q = np.full((B, K), eps / K)
    q[np.arange(B), label] += 1.0 - eps

    w = cls_weight[label]              # (B,)
    nll = -np.sum(q * np.log(prob), axis=1)
    loss = np.sum(w * nll) / np.sum(w)
    return loss, (feat, W, prob, q, w, T)


def ls_ce_backward(cache):
    feat, W, prob, q, w, T = cache

    d_logits = prob - q                # softmax 与交叉熵合并求导
    d_logits = d_logits * w[:, None] / np.sum(w)
    d_z = d_logits / T                 # 温度

    d_W = feat.T @ d_z
    d_b = d_z.sum(axis=0)
    d_feat = d_z @ W.T
    return d_feat, d_W, d_b
