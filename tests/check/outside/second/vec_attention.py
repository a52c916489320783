import numpy as np

# Single-head self attention over residues of a protein (L x d).
# pair_bias comes from the contact map, gaps of the alignment are masked out.
# notation: q_bar is dL/dq, as in my AD lecture


def attend(seq, Wq, Wk, Wv, Wo, pair_bias, gap):
    q = seq @ Wq
    k = seq @ Wk
    v = seq @ Wv
    scale = 1.0 / np.sqrt(q.shape[1])

    logits = scale * q @ k.T + pair_bias
    logits = np.where(gap[None, :], -1e9, logits)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    att = e / e.sum(axis=1, keepdims=True)

    ctx = att @ v
    out = ctx @ Wo
    tape = dict(seq=seq, Wq=Wq, Wk=Wk, Wv=Wv, Wo=Wo, q=q, k=k, v=v, att=att, ctx=ctx, scale=scale, gap=gap)
    return out, tape


def attend_reverse(out_bar, tape):
    t = tape
    seq, att, gap, scale = t["seq"], t["att"], t["gap"], t["scale"]

    ctx_bar = out_bar @ t["Wo"].T
    Wo_bar = t["ctx"].T @ out_bar

    v_bar = att.T @ ctx_bar
    att_bar = ctx_bar @ t["v"].T

    # softmax, one row per query residue
    row = np.sum(att_bar * att, axis=1, keepdims=True)
    logits_bar = att * (att_bar - row)
    logits_bar = np.where(gap[None, :], 0.0, logits_bar)
    pair_bias_bar = logits_bar

    q_bar = scale * logits_bar @ t["k"]
    k_bar = scale * logits_bar.T @ t["q"]

    Wq_bar = seq.T @ q_bar
    Wk_bar = seq.T @ k_bar
    Wv_bar = seq.T @ v_bar

    seq_bar = q_bar @ t["Wq"].T
    seq_bar += k_bar @ t["Wk"].T
    seq_bar += v_bar @ t["Wv"].T
    return seq_bar, Wq_bar, Wk_bar, Wv_bar, Wo_bar, pair_bias_bar
