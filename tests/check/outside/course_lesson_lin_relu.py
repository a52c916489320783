import numpy as np

# part 2, from the foundations: no autograd until we have written it ourselves

def lin(x, w, b): return x @ w + b
def relu(x): return x.clip(0.) - np.float32(0.5)      # shifted, mean is closer to 0

def lin_grad(inp, out_g, w):
    inp_g = out_g @ w.T
    w_g = inp.T @ out_g
    b_g = out_g.sum(0)
    return inp_g, w_g, b_g

def forward_and_backward(w1, b1, w2, b2, inp, targ):
    # forward pass:
    l1 = lin(inp, w1, b1)
    l2 = relu(l1)
    out = lin(l2, w2, b2)
    diff = out.squeeze(-1) - targ
    loss = (diff**2).mean()

    # backward pass:
    out_g = 2. * diff[:, None] / inp.shape[0]
    l2_g, w2_g, b2_g = lin_grad(l2, out_g, w2)
    l1_g = (l1 > 0) * l2_g
    inp_g, w1_g, b1_g = lin_grad(inp, l1_g, w1)
    return loss, (w1_g, b1_g, w2_g, b2_g, inp_g)
