import numpy as np

# One-compartment oral PK model, FOCE-free naive pooled fit.
# Log-parameters: lnKA, lnCL, lnV (population); eta[i] shifts lnCL of patient i.


def pooled_objective(lnKA, lnCL, lnV, eta, dose, times, conc, sd=0.2, omega=0.3):
    """-log posterior up to a constant, summed patient by patient, with its gradient."""
    ka, v = np.exp(lnKA), np.exp(lnV)
    obj = 0.0
    g_lnKA = 0.0
    g_lnCL = 0.0
    g_lnV = 0.0
    g_eta = np.zeros(len(eta))

    for i in range(len(dose)):
        t = times[i]
        cl = np.exp(lnCL + eta[i])
        ke = cl / v
        scale = dose[i] * ka / (v * (ka - ke))
        E1 = np.exp(-ke * t)
        E2 = np.exp(-ka * t)
        pred = scale * (E1 - E2)
        res = (np.log(conc[i]) - np.log(pred)) / sd
        obj += 0.5 * np.sum(res**2) + 0.5 * (eta[i] / omega) ** 2

        # sensitivities of the prediction
        dobj_dpred = -res / (sd * pred)
        dscale_dka = -scale * ke / (ka * (ka - ke))
        dscale_dke = scale / (ka - ke)
        dpred_dka = dscale_dka * (E1 - E2) + scale * t * E2
        dpred_dke = dscale_dke * (E1 - E2) - scale * t * E1

        s_ka = np.sum(dobj_dpred * dpred_dka)
        s_ke = np.sum(dobj_dpred * dpred_dke)
        s_v = np.sum(dobj_dpred * -pred / v)    # at fixed ke

        g_lnKA += s_ka * ka
        g_lnCL += s_ke * ke
        g_lnV += s_v * v - s_ke * ke
        g_eta[i] = s_ke * ke + eta[i] / omega**2

    return obj, (g_lnKA, g_lnCL, g_lnV, g_eta)
