import numpy as np

STRIDE, PAD = 2, 1


def conv2d(img, kernels, bias):
    """ img (N,C,H,W), kernels (F,C,k,k), bias (F,) """
    N, C, H, W = img.shape
    F, _, k, _ = kernels.shape
    padded = np.pad(img, ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD)))
    Ho = (H + 2 * PAD - k) // STRIDE + 1
    Wo = (W + 2 * PAD - k) // STRIDE + 1
    out = np.zeros((N, F, Ho, Wo))
    for n in range(N):
        for f in range(F):
            for i in range(Ho):
                for j in range(Wo):
                    window = padded[n, :, i*STRIDE:i*STRIDE+k, j*STRIDE:j*STRIDE+k]
                    out[n, f, i, j] = np.sum(window * kernels[f]) + bias[f]
    return out, (padded, kernels, bias)


def conv2d_grad(grad_out, cache):
    padded, kernels, bias = cache
    N, F, Ho, Wo = grad_out.shape
    k = kernels.shape[2]
    grad_padded = np.zeros_like(padded)
    grad_kernels = np.zeros_like(kernels)
    grad_bias = np.zeros_like(bias)
    for n in range(N):
        for f in range(F):
            grad_bias[f] += np.sum(grad_out[n, f])
            for i in range(Ho):
                top = i * STRIDE
                for j in range(Wo):
                    left = j * STRIDE
                    g = grad_out[n, f, i, j]
                    grad_kernels[f] += g * padded[n, :, top:top+k, left:left+k]
                    grad_padded[n, :, top:top+k, left:left+k] += g * kernels[f]
    # throw the border away
    grad_img = grad_padded[:, :, PAD:-PAD, PAD:-PAD]
    return grad_img, grad_kernels, grad_bias
