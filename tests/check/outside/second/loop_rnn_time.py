import numpy as np

# lesson 12 homework: rnn from scratch, sequence first (sl, bs, ni)
# loss = mse of the prediction at every step


def rnn_fwd(inp, h0, targ, w_ih, w_hh, b_h, w_ho, b_o):
    sl, bs, _ = inp.shape
    h = h0
    hs, outs = [h0], []
    for t in range(sl):
        h = np.tanh(inp[t] @ w_ih + h @ w_hh + b_h)
        hs.append(h)
        outs.append(h @ w_ho + b_o)
    outs = np.stack(outs)
    loss = ((outs - targ) ** 2).mean()
    return loss, (inp, hs, outs, targ, w_ih, w_hh, w_ho)


def rnn_bwd(saved):
    inp, hs, outs, targ, w_ih, w_hh, w_ho = saved
    sl = inp.shape[0]
    g_outs = 2 * (outs - targ) / outs.size

    g_inp = np.zeros_like(inp)
    g_w_ih = np.zeros_like(w_ih)
    g_w_hh = np.zeros_like(w_hh)
    g_w_ho = np.zeros_like(w_ho)
    g_b_h = np.zeros(w_hh.shape[1])
    g_b_o = np.zeros(w_ho.shape[1])
    g_next = np.zeros_like(hs[0])

    for t in reversed(range(sl)):
        h, h_prev = hs[t + 1], hs[t]
        g_w_ho += h.T @ g_outs[t]
        g_b_o += g_outs[t].sum(0)
        g_h = g_outs[t] @ w_ho.T + g_next
        # through tanh
        g_a = g_h * (1 - h ** 2)
        g_b_h += g_a.sum(0)
        g_w_ih += inp[t].T @ g_a
        g_w_hh += h_prev.T @ g_a
        g_inp[t] = g_a @ w_ih.T
        g_next = g_a @ w_hh.T
    g_h0 = g_next
    return g_inp, g_h0, g_w_ih, g_w_hh, g_b_h, g_w_ho, g_b_o
