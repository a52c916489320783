import numpy as np

C0 = np.float32(np.sqrt(2.0 / np.pi))
C1 = np.float32(0.044715)


def ffn_forward(x, w_in, b_in, w_out):
    """Pre-residual GEGLU feed-forward: x + (gelu(gate) * up) @ w_out, tokens in rows."""
    hidden = w_out.shape[0]
    proj = x @ w_in
    proj += b_in
    gate, up = proj[:, :hidden], proj[:, hidden:]
    th = np.tanh(C0 * (gate + C1 * gate**3))
    act = 0.5 * gate * (1 + th)
    h = act * up
    out = h @ w_out
    out += x
    saved = {"x": x, "w_in": w_in, "w_out": w_out, "gate": gate, "up": up, "th": th, "act": act, "h": h}
    return out, saved


def ffn_backward(d_out, saved):
    gate, up, th, act = saved["gate"], saved["up"], saved["th"], saved["act"]
    hidden = gate.shape[1]
    grads = {"w_out": saved["h"].T @ d_out}
    d_h = d_out @ saved["w_out"].T

    d_proj = np.empty((gate.shape[0], 2 * hidden), dtype=gate.dtype)
    d_proj[:, hidden:] = d_h * act
    # derivative of the tanh gelu
    slope = 0.5 * (1 + th)
    slope += 0.5 * gate * (1 - th * th) * C0 * (1 + 3 * C1 * gate**2)
    d_proj[:, :hidden] = d_h * up * slope

    grads["w_in"] = saved["x"].T @ d_proj
    grads["b_in"] = d_proj.sum(0)
    d_x = d_proj @ saved["w_in"].T
    d_x += d_out
    grads["x"] = d_x
    return grads
