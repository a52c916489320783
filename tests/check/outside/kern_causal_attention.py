import numpy as np


def split_heads(t, n_head):
    B, T, D = t.shape
    return t.reshape(B, T, n_head, D // n_head).swapaxes(1, 2)


def merge_heads(t):
    B, H, T, hd = t.shape
    return t.swapaxes(1, 2).reshape(B, T, H * hd)


def attn_loss_and_grads(x, W_qkv, b_qkv, W_proj, target, n_head=2):
    """Causal self-attention with one fused qkv projection, followed by a squared error."""
    B, T, D = x.shape
    scale = (D // n_head) ** -0.5

    # ---------------- forward
    qkv = x @ W_qkv + b_qkv
    q = split_heads(qkv[..., :D], n_head)
    k = split_heads(qkv[..., D : 2 * D], n_head)
    v = split_heads(qkv[..., 2 * D :], n_head)
    att = np.einsum("bhqd,bhkd->bhqk", q, k) * scale
    att = np.where(np.tril(np.ones((T, T), dtype=bool)), att, -1e30)
    att = np.exp(att - att.max(axis=-1, keepdims=True))
    att /= att.sum(axis=-1, keepdims=True)
    ctx = merge_heads(np.einsum("bhqk,bhkd->bhqd", att, v))
    y = ctx @ W_proj
    resid = y - target
    loss = 0.5 * np.sum(resid**2) / (B * T)

    # ---------------- backward
    y_grad = resid / (B * T)
    W_proj_grad = np.einsum("btc,btd->cd", ctx, y_grad)
    ctx_grad = split_heads(y_grad @ W_proj.T, n_head)
    v_grad = np.einsum("bhqk,bhqd->bhkd", att, ctx_grad)
    att_grad = np.einsum("bhqd,bhkd->bhqk", ctx_grad, v)
    att_grad -= np.sum(att_grad * att, axis=-1, keepdims=True)
    att_grad *= att  # zero where masked, since att is
    att_grad *= scale
    q_grad = att_grad @ k
    k_grad = att_grad.swapaxes(-1, -2) @ q
    qkv_grad = np.concatenate([merge_heads(q_grad), merge_heads(k_grad), merge_heads(v_grad)], axis=-1)
    W_qkv_grad = np.tensordot(x, qkv_grad, axes=((0, 1), (0, 1)))
    b_qkv_grad = qkv_grad.sum(axis=(0, 1))
    x_grad = qkv_grad @ W_qkv.T

    return loss, {"x": x_grad, "W_qkv": W_qkv_grad, "b_qkv": b_qkv_grad, "W_proj": W_proj_grad}
