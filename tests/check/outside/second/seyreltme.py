import numpy as np

# YSA ödev 3: seyreltme (dropout) katmanlı iki katmanlı ağ
# maske dışarıdan verilir ki sayısal türevle karşılaştırabilelim


def ileri(girdi, W1, b1, W2, b2, etiket, maske, tutma=0.8, ceza=0.05):
    ornek_sayisi = girdi.shape[0]
    z1 = girdi.dot(W1) + b1
    a1 = np.maximum(z1, 0)
    s1 = a1 * maske / tutma  # ters çevrilmiş dropout
    z2 = s1.dot(W2) + b2

    z2k = z2 - z2.max(axis=1, keepdims=True)
    us = np.exp(z2k)
    olasilik = us / us.sum(axis=1, keepdims=True)
    kayip = -np.log(olasilik[np.arange(ornek_sayisi), etiket]).mean()
    kayip += 0.5 * ceza * (np.sum(W1**2) + np.sum(W2**2))

    onbellek = (girdi, W1, W2, z1, s1, olasilik, etiket, maske, tutma, ceza)
    return kayip, onbellek


def geri(onbellek):
    girdi, W1, W2, z1, s1, olasilik, etiket, maske, tutma, ceza = onbellek
    ornek_sayisi = girdi.shape[0]

    # softmax + çapraz entropi
    dz2 = olasilik.copy()
    dz2[np.arange(ornek_sayisi), etiket] -= 1
    dz2 /= ornek_sayisi

    dW2 = s1.T.dot(dz2) + ceza * W2
    db2 = np.sum(dz2, axis=0)
    ds1 = dz2.dot(W2.T)

    # dropout: söndürülen nöronlardan türev geçmez
    da1 = ds1 * maske / tutma
    dz1 = da1 * (z1 > 0)

    dW1 = girdi.T.dot(dz1)
    dW1 += ceza * W1
    db1 = np.sum(dz1, axis=0)
    dgirdi = dz1.dot(W1.T)
    return {"girdi": dgirdi, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
