import numpy as np

# GRU nel tempo per il progetto di previsione (colonne = esempi)
# ingresso xs: lista/array (T, D, B);  stato s: (H, B)


def sig(a):
    return 1 / (1 + np.exp(-a))


def gru_avanti(xs, s0, Wz, Uz, Wr, Ur, Wc, Uc):
    s = s0
    memoria = []
    for x in xs:
        z = sig(Wz @ x + Uz @ s)
        r = sig(Wr @ x + Ur @ s)
        rs = r * s
        c = np.tanh(Wc @ x + Uc @ rs)
        memoria.append((x, s, z, r, rs, c))
        s = z * s + (1 - z) * c
    return s, (memoria, Wz, Uz, Wr, Ur, Wc, Uc)


def gru_indietro(ds, tutto):
    memoria, Wz, Uz, Wr, Ur, Wc, Uc = tutto
    dWz, dUz = np.zeros_like(Wz), np.zeros_like(Uz)
    dWr, dUr = np.zeros_like(Wr), np.zeros_like(Ur)
    dWc, dUc = np.zeros_like(Wc), np.zeros_like(Uc)
    dxs = []

    for x, s, z, r, rs, c in memoria[::-1]:
        # s_nuovo = z * s + (1 - z) * c
        dz = ds * (s - c)
        dc = ds * (1 - z)
        ds_prec = ds * z

        # candidato
        dac = dc * (1 - c * c)
        dWc += dac @ x.T
        dUc += dac @ rs.T
        drs = Uc.T @ dac
        dr = drs * s
        ds_prec += drs * r

        # porte
        daz = dz * z * (1 - z)
        dar = dr * r * (1 - r)
        dWz += daz @ x.T
        dUz += daz @ s.T
        dWr += dar @ x.T
        dUr += dar @ s.T
        ds_prec += Uz.T @ daz + Ur.T @ dar

        dx = Wz.T @ daz + Wr.T @ dar + Wc.T @ dac
        dxs.append(dx)
        ds = ds_prec

    dxs = np.array(dxs[::-1])
    return dxs, ds, dWz, dUz, dWr, dUr, dWc, dUc
