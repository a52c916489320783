"""Phase retrieval: fit the aberrations of a small telescope to one measured spot."""
import numpy as np

NPIX = 6
yy, xx = np.mgrid[-1:1:NPIX * 1j, -1:1:NPIX * 1j]
rho2 = xx**2 + yy**2
PUPIL = (rho2 <= 1.3).astype(float)
# tilt x, tilt y, defocus, two astigmatisms
MODES = np.stack([xx, yy, 2 * rho2 - 1, xx**2 - yy**2, 2 * xx * yy])


def psf_misfit(coef, flux, bg, data, sigma=0.5):
    """chi^2/2 of the spot and its derivatives w.r.t. (coef, flux, bg).

    Complex gradients follow the convention g = dL/dRe + i dL/dIm.
    """
    phase = np.tensordot(coef, MODES, axes=1)
    E = PUPIL * np.exp(1j * phase)
    F = np.fft.fft2(E, norm="ortho")
    psf = F.real**2 + F.imag**2
    res = (flux * psf + bg - data) / sigma
    chi2 = 0.5 * np.sum(res**2)

    # backwards, element by element along the optical train
    g_model = res / sigma
    g_bg = g_model.sum()
    g_flux = np.sum(g_model * psf)
    g_F = 2 * flux * g_model * F
    g_E = np.fft.ifft2(g_F, norm="ortho")       # unitary -> adjoint is the inverse
    g_phase = np.imag(np.conj(E) * g_E)
    g_coef = np.tensordot(MODES, g_phase, axes=([1, 2], [0, 1]))
    return chi2, (g_coef, g_flux, g_bg)
