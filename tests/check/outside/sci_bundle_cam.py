# Single camera resection.  p = [pan, tilt, tx, ty, tz, focal, k1]
import numpy as np


def rot_y(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

def rot_x(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])

def drot_y(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[-s, 0, c], [0, 0, 0], [-c, 0, -s]])

def drot_x(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[0, 0, 0], [0, -s, -c], [0, c, -s]])


def residuals(p, pts, uv):
    Xc = pts @ (rot_x(p[1]) @ rot_y(p[0])).T + p[2:5]
    xn = Xc[:, :2] / Xc[:, 2:]
    rad = 1 + p[6] * np.sum(xn**2, axis=1, keepdims=True)
    return p[5] * rad * xn - uv

def cost(p, pts, uv):
    r = residuals(p, pts, uv)
    return 0.5 * np.sum(r * r)

def jacobian(p, pts):
    f, k1 = p[5], p[6]
    Rx, Ry = rot_x(p[1]), rot_y(p[0])
    Xc = pts @ (Rx @ Ry).T + p[2:5]
    x, y, Z = Xc[:, 0] / Xc[:, 2], Xc[:, 1] / Xc[:, 2], Xc[:, 2]
    d = 1 + k1 * (x * x + y * y)
    zero = np.zeros_like(x)

    # image point / normalised point, normalised point / camera point
    A = f * np.array([[d + 2 * k1 * x * x, 2 * k1 * x * y], [2 * k1 * x * y, d + 2 * k1 * y * y]])
    B = np.array([[1 / Z, zero, -x / Z], [zero, 1 / Z, -y / Z]])
    AB = np.einsum("abn,bcn->nac", A, B)

    J = np.zeros((len(pts), 2, 7))
    J[:, :, 0] = np.einsum("nac,nc->na", AB, pts @ (Rx @ drot_y(p[0])).T)
    J[:, :, 1] = np.einsum("nac,nc->na", AB, pts @ (drot_x(p[1]) @ Ry).T)
    J[:, :, 2:5] = AB
    J[:, :, 5] = np.stack([d * x, d * y], axis=1)
    J[:, :, 6] = f * (x * x + y * y)[:, None] * np.stack([x, y], axis=1)
    return J.reshape(-1, 7)

def grad(p, pts, uv):
    J = jacobian(p, pts)
    return J.T @ residuals(p, pts, uv).ravel()
