import numpy as np

# Camera resectioning: pose (Euler angles xyz, translation), focal length, one radial coefficient.
# p = [ax, ay, az, tx, ty, tz, f, k1]


def rotations(p):
    (cx, cy, cz), (sx, sy, sz) = np.cos(p[:3]), np.sin(p[:3])
    Rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    Ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    Rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return Rx, Ry, Rz


def project(p, pts):
    Rx, Ry, Rz = rotations(p)
    cam = pts @ (Rz @ Ry @ Rx).T + p[3:6]
    xy = cam[:, :2] / cam[:, 2:]
    r2 = np.sum(xy**2, axis=1, keepdims=True)
    uv = p[6] * (1 + p[7] * r2) * xy
    return cam, xy, r2, uv


def reproj(p, pts, obs):
    """soft-L1 reprojection error"""
    e = project(p, pts)[3] - obs
    return np.sum(np.sqrt(1 + np.sum(e**2, axis=1)) - 1)


def reproj_grad(p, pts, obs):
    Rx, Ry, Rz = rotations(p)
    cam, xy, r2, uv = project(p, pts)
    f, k1 = p[6], p[7]
    g = np.zeros(8)

    e = uv - obs
    w = 1 / np.sqrt(1 + np.sum(e**2, axis=1, keepdims=True))
    g_uv = w * e

    # lens
    dist = 1 + k1 * r2
    dot = np.sum(g_uv * xy, axis=1, keepdims=True)
    g[6] = np.sum(dist * dot)
    g[7] = np.sum(f * r2 * dot)
    g_xy = f * dist * g_uv
    g_xy += 2 * f * k1 * dot * xy

    # perspective divide
    g_cam = np.empty_like(cam)
    g_cam[:, :2] = g_xy / cam[:, 2:]
    g_cam[:, 2] = -np.sum(g_xy * xy, axis=1) / cam[:, 2]
    g[3:6] = g_cam.sum(axis=0)

    # rotation: d(Rz Ry Rx) by each angle, generators on the left of its own matrix
    g_R = g_cam.T @ pts
    Gx = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]])
    Gy = np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]])
    Gz = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 0]])
    g[0] = np.sum(g_R * (Rz @ Ry @ Gx @ Rx))
    g[1] = np.sum(g_R * (Rz @ Gy @ Ry @ Rx))
    g[2] = np.sum(g_R * (Gz @ Rz @ Ry @ Rx))
    return g
