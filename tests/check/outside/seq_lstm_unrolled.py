import numpy as np

sig = lambda v: 1 / (1 + np.exp(-v))


def run(X, h_init, Wf, Wi, Wg, Wo, bias):
    # X: T x batch x D.  every weight is (H + D) x H, bias is 4 x H (f, i, g, o)
    T, B, D = X.shape
    H = h_init.shape[1]
    h = h_init
    c = np.zeros((B, H))
    steps = []
    out = np.empty((T, B, H))
    for t in range(T):
        z = np.concatenate([h, X[t]], axis=1)
        f = sig(z @ Wf + bias[0])
        i = sig(z @ Wi + bias[1])
        g = np.tanh(z @ Wg + bias[2])
        o = sig(z @ Wo + bias[3])
        c_old = c
        c = f * c_old + i * g
        h = o * np.tanh(c)
        out[t] = h
        steps.append(dict(z=z, f=f, i=i, g=g, o=o, c=c, c_old=c_old))
    return out, (steps, X.shape, Wf, Wi, Wg, Wo)


def run_back(d_out, saved):
    steps, shape, Wf, Wi, Wg, Wo = saved
    T, B, D = shape
    H = d_out.shape[2]
    d_X = np.zeros(shape)
    d_Wf, d_Wi, d_Wg, d_Wo = [np.zeros_like(W) for W in (Wf, Wi, Wg, Wo)]
    d_bias = np.zeros((4, H))
    dh_next = np.zeros((B, H))
    dc_next = np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        s = steps[t]
        dh = d_out[t] + dh_next
        tanh_c = np.tanh(s["c"])
        dc = dh * s["o"] * (1 - tanh_c**2) + dc_next
        d_o = dh * tanh_c * s["o"] * (1 - s["o"])
        d_f = dc * s["c_old"] * s["f"] * (1 - s["f"])
        d_i = dc * s["g"] * s["i"] * (1 - s["i"])
        d_g = dc * s["i"] * (1 - s["g"] ** 2)
        d_Wf += s["z"].T @ d_f
        d_Wi += s["z"].T @ d_i
        d_Wg += s["z"].T @ d_g
        d_Wo += s["z"].T @ d_o
        d_bias += np.stack([d_f.sum(0), d_i.sum(0), d_g.sum(0), d_o.sum(0)])
        dz = d_f @ Wf.T + d_i @ Wi.T + d_g @ Wg.T + d_o @ Wo.T
        dh_next = dz[:, :H]
        d_X[t] = dz[:, H:]
        dc_next = dc * s["f"]
    return d_X, dh_next, d_Wf, d_Wi, d_Wg, d_Wo, d_bias
