import numpy as np

# trainable log-mel front end; memory is tight on the board so the forward pass works in place


def dft_mats(n):
    ang = 2 * np.pi * np.outer(np.arange(n), np.arange(n // 2 + 1)) / n
    return np.cos(ang), np.sin(ang)


def frontend_forward(frames, window, fbank, gain):
    """frames (T, n) raw samples; window (n,); fbank (n//2+1, M), squared to keep it positive; gain (M,)"""
    frames = np.asarray(frames)
    C, S = dft_mats(frames.shape[1])
    buf = frames.copy()
    buf *= window
    re = buf @ C
    im = buf @ S
    power = re**2
    power += im**2

    out = power @ fbank**2
    out += 1e-3
    mel = out.copy()  # the only copy we need for backward
    np.log(out, out=out)
    out -= out.mean(axis=0)  # cepstral mean normalisation
    norm = out.copy()
    out *= gain
    return out, (frames, window, fbank, gain, re, im, power, mel, norm)


def frontend_backward(dout, cache):
    frames, window, fbank, gain, re, im, power, mel, norm = cache
    C, S = dft_mats(frames.shape[1])

    dgain = np.sum(dout * norm, axis=0)
    d = dout * gain
    d -= d.mean(axis=0)
    d /= mel

    dfbank = power.T @ d
    dfbank *= 2 * fbank
    dpower = d @ (fbank**2).T

    dbuf = (2 * re * dpower) @ C.T
    dbuf += (2 * im * dpower) @ S.T
    dwindow = np.sum(dbuf * frames, axis=0)
    dframes = dbuf * window
    return dframes, dwindow, dfbank, dgain
