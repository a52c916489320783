import numpy as np

# discriminator step of our toy GAN, ported from gan.py (torch)
#   loss = BCEWithLogits(D(real), 1) + BCEWithLogits(D(fake), 0) + drift * D(real)^2


def softplus(t):
    return np.maximum(t, 0) + np.log1p(np.exp(-np.abs(t)))


def sig(t):
    return 1.0 / (1.0 + np.exp(-t))


def disc_loss(W, b, v, fake, real, drift=0.01, slope=0.2):
    # D(x) = v . leaky_relu(x W^T + b)
    pre_r = real @ W.T + b
    pre_f = fake @ W.T + b
    h_r = np.where(pre_r > 0, pre_r, slope * pre_r)
    h_f = np.where(pre_f > 0, pre_f, slope * pre_f)
    lr = h_r @ v
    lf = h_f @ v

    loss_real = softplus(-lr).mean()
    loss_fake = softplus(lf).mean()
    loss = loss_real + loss_fake + drift * np.mean(lr**2)

    # --- backward ---
    g_lr = -sig(-lr) / lr.size
    g_lr += 2 * drift * lr / lr.size
    g_lf = sig(lf) / lf.size

    g_v = h_r.T @ g_lr + h_f.T @ g_lf
    g_hr = np.outer(g_lr, v)
    g_hf = np.outer(g_lf, v)
    g_pre_r = g_hr * np.where(pre_r > 0, 1.0, slope)
    g_pre_f = g_hf * np.where(pre_f > 0, 1.0, slope)

    g_W = g_pre_r.T @ real
    g_W += g_pre_f.T @ fake
    g_b = g_pre_r.sum(0) + g_pre_f.sum(0)
    g_fake = g_pre_f @ W  # the generator wants minus this one
    return loss, (g_W, g_b, g_v, g_fake)
