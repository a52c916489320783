# Trabalho 2 - Redes Neurais
# max-pooling 2x2 (pelo argmax), média global, tanh e uma camada linear
import numpy as np


def passo_frente(entrada, pesos, vies):
    N, C, A, L = entrada.shape
    # cada bloco 2x2 vira um vetor de 4
    blocos = entrada.reshape(N, C, A // 2, 2, L // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    blocos = blocos.reshape(N, C, A // 2, L // 2, 4)
    indice = blocos.argmax(axis=-1)[..., None]
    maximos = np.take_along_axis(blocos, indice, axis=-1)[..., 0]

    media = maximos.mean(axis=(2, 3))
    ativ = np.tanh(media)
    saida = ativ @ pesos + vies
    memoria = (entrada.shape, indice, ativ, pesos)
    return saida, memoria


def passo_tras(d_saida, memoria):
    forma, indice, ativ, pesos = memoria
    N, C, A, L = forma
    alt, larg = A // 2, L // 2

    # camada linear
    d_vies = d_saida.sum(axis=0)
    d_pesos = ativ.T @ d_saida
    d_ativ = d_saida @ pesos.T

    # tanh e média: cada posição recebe a mesma parte
    d_media = d_ativ * (1 - ativ**2)
    d_maximos = np.repeat(np.repeat(d_media[:, :, None, None], alt, axis=2), larg, axis=3)
    d_maximos = d_maximos / (alt * larg)

    # só o maior de cada bloco recebe gradiente
    d_blocos = np.zeros((N, C, alt, larg, 4))
    np.put_along_axis(d_blocos, indice, d_maximos[..., None], axis=-1)
    d_blocos = d_blocos.reshape(N, C, alt, larg, 2, 2)
    d_entrada = d_blocos.transpose(0, 1, 2, 4, 3, 5).reshape(forma)
    return d_entrada, d_pesos, d_vies
