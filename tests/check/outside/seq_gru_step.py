import numpy as np


def sigma(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


# GRU-Zelle ohne Bias, Spalten sind Beispiele: x (D, B), h (H, B)
def gru_schritt(x, h, Wr, Wz, Wh, V):
    hx = np.vstack([h, x])
    r = sigma(Wr @ hx)
    z = sigma(Wz @ hx)
    rhx = np.vstack([r * h, x])
    hk = np.tanh(Wh @ rhx)            # Kandidat
    h_neu = (1 - z) * h + z * hk
    y = V @ h_neu
    return (h_neu, y), (h, hx, r, z, rhx, hk, h_neu, Wr, Wz, Wh, V)


def gru_schritt_rueckwaerts(g_aus, cache):
    gh_neu, gy = g_aus
    h, hx, r, z, rhx, hk, h_neu, Wr, Wz, Wh, V = cache
    H = h.shape[0]

    # Ausgabe
    gV = gy @ h_neu.T
    gh_neu = gh_neu + V.T @ gy

    # Mischung alt / neu
    gz = gh_neu * (hk - h)
    ghk = gh_neu * z
    gh = gh_neu * (1 - z)

    # Kandidat
    gak = ghk * (1 - hk**2)
    gWh = gak @ rhx.T
    grhx = Wh.T @ gak
    gr = grhx[:H] * h
    gh += grhx[:H] * r
    gx = grhx[H:].copy()

    # die beiden Tore
    gar = gr * r * (1 - r)
    gaz = gz * z * (1 - z)
    gWr = gar @ hx.T
    gWz = gaz @ hx.T
    ghx = Wr.T @ gar + Wz.T @ gaz
    gh += ghx[:H]
    gx += ghx[H:]
    return gx, gh, gWr, gWz, gWh, gV
