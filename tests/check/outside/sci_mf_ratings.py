import numpy as np

n_users, n_items, n_fac = 4, 3, 3     # toy
RATINGS = np.array([[0, 0, 5], [0, 2, 3], [1, 1, 4], [1, 0, 1], [2, 2, 2], [3, 1, 5], [3, 2, 4]])
GLOBAL_MEAN = 3.4
lmbda = 0.3


def roll(U, V, bu, bi, mu):
    return np.concatenate((U.ravel(), V.ravel(), bu, bi, mu))


def unroll(vec):
    a = n_users * n_fac
    b = a + n_items * n_fac
    c = b + n_users
    U = vec[:a].reshape(n_users, n_fac)
    V = vec[a:b].reshape(n_items, n_fac)
    return U, V, vec[b:c], vec[c : c + n_items], vec[c + n_items :]


def cost_func(vec, ratings):
    U, V, bu, bi, mu = unroll(vec)
    U_grad, V_grad = np.zeros(U.shape), np.zeros(V.shape)
    bu_grad, bi_grad, mu_grad = np.zeros(bu.shape), np.zeros(bi.shape), np.zeros(mu.shape)
    J = 0.0
    for u, i, stars in ratings:
        pred = GLOBAL_MEAN + mu[0] + bu[u] + bi[i] + U[u].dot(V[i])
        err = pred - stars
        J += 0.5 * err**2
        U_grad[u] += err * V[i]
        V_grad[i] += err * U[u]
        bu_grad[u] += err
        bi_grad[i] += err
        mu_grad[0] += err

    # regularisation, global offset excluded
    J += lmbda / 2 * (np.sum(U**2) + np.sum(V**2) + np.sum(bu**2) + np.sum(bi**2))
    U_grad += lmbda * U
    V_grad += lmbda * V
    bu_grad += lmbda * bu
    bi_grad += lmbda * bi
    return J, roll(U_grad, V_grad, bu_grad, bi_grad, mu_grad)
