import numpy as np

# Fan of rays through a row of thin lenses with third-order aberration.
# y: height, u: slope.  lens: u -= phi*y + sph*y^3,  then drift over gap d.
# The merit is the RMS-like spot size about the centroid plus a soft cap on beam height.


def trace(y, u, phi, sph, gap):
    hits = []
    for k in range(len(phi)):
        hits.append((y, u))
        u = u - phi[k] * y - sph[k] * y**3
        y = y + gap[k] * u
    hits.append((y, u))
    return hits


def spot(phi, sph, gap, y0, u0, cap=0.02):
    hits = trace(y0, u0, phi, sph, gap)
    y_img = hits[-1][0]
    c = y_img.mean()
    size = np.mean((y_img - c) ** 2)
    height = sum(np.mean(y**4) for y, _ in hits[:-1])
    return size + cap * height


def spot_gradient(phi, sph, gap, y0, u0, cap=0.02):
    hits = trace(y0, u0, phi, sph, gap)
    n = len(y0)
    g_phi = np.zeros(len(phi))
    g_sph = np.zeros(len(phi))
    g_gap = np.zeros(len(phi))

    y_img = hits[-1][0]
    gy = 2 * (y_img - y_img.mean()) / n
    gu = np.zeros(n)
    for k in range(len(phi) - 1, -1, -1):
        y_in = hits[k][0]
        u_out = hits[k + 1][1]
        # drift
        g_gap[k] = np.dot(gy, u_out)
        gu = gu + gap[k] * gy
        # refraction
        g_phi[k] = -np.dot(gu, y_in)
        g_sph[k] = -np.dot(gu, y_in**3)
        gy = gy - gu * (phi[k] + 3 * sph[k] * y_in**2)
        gy = gy + cap * 4 * y_in**3 / n
    return g_phi, g_sph, g_gap, gy, gu
