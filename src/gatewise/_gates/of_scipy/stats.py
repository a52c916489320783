"""The normal distribution of `scipy.stats`, of one number and of several."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtri

from gatewise._errors import UnsupportedError
from gatewise._gates.factors import to_read
from gatewise._gates.families import custom, elementwise
from gatewise._gates.live import shape_of
from gatewise._gates.of_scipy.linalg import as_read, wide
from gatewise._gates.of_scipy.special import ROOT_TWO_PI, bell, hazard

ROWS = (np.array([0.3, -1.2, 2.1]), np.array([0.1, 0.4, -0.6]), np.array([0.7, 1.3, 2.2]))
SHARES = (np.array([0.3, 0.6, 0.5]), *ROWS[1:])


def of_norm(method, row, **facts):
    """Declare one of the normal distribution's methods by its slopes."""
    name = method.__name__
    common: dict[str, Any] = {
        "path": f"stats.norm.{name}", "name": f"norm_{name}", "symbol": f"norm.{name}", "analytic": False,
        "in_page": False, "sample": [(row, {})], "domain": (0.2, 3.0),
        "bind": lambda x, loc=0, scale=1: ((x, loc, scale), {}),
    }  # fmt: skip
    return elementwise(method, **common | facts)


def where_there_is_one(scale, *slopes):
    """The slopes, and NaN where the scale is none and SciPy's value is NaN."""
    return tuple(np.where(scale > 0, slope, np.nan) for slope in slopes)


def of_standard(slope, scale, z):
    """The slopes along x, loc and scale of a function of z = (x - loc) / scale, from that along z."""
    return where_there_is_one(scale, slope / scale, -slope / scale, -z * slope / scale)


@of_norm(stats.norm.logpdf, ROWS, at=[((1.0, 0.0, 1.0), (-1.0, 1.0, 0.0))])
def norm_logpdf(out, x, loc, scale):
    """The log-density pulls x towards the mean, the harder the narrower it is."""
    z = (x - loc) / scale
    return where_there_is_one(scale, -z / scale, z / scale, (z * z - 1) / scale)


@of_norm(stats.norm.pdf, ROWS)
def norm_pdf(out, x, loc, scale):
    """The density: it scales what its logarithm passes."""
    z = (x - loc) / scale
    return where_there_is_one(scale, -z * out / scale, z * out / scale, (z * z - 1) * out / scale)


@of_norm(stats.norm.cdf, ROWS)
def norm_cdf(out, x, loc, scale):
    """The share below x: its slope is the density."""
    z = (x - loc) / scale
    return of_standard(bell(z), scale, z)


@of_norm(stats.norm.sf, ROWS)
def norm_sf(out, x, loc, scale):
    """The share above x."""
    z = (x - loc) / scale
    return of_standard(-bell(z), scale, z)


@of_norm(stats.norm.logcdf, ROWS)
def norm_logcdf(out, x, loc, scale):
    """The logarithm of the share below x: far below, its slope grows as the distance."""
    z = (x - loc) / scale
    return of_standard(hazard(z), scale, z)


@of_norm(stats.norm.logsf, ROWS)
def norm_logsf(out, x, loc, scale):
    """The logarithm of the share above x."""
    z = (x - loc) / scale
    return of_standard(-hazard(-z), scale, z)


def steepness(z):
    """One over the density."""
    return ROOT_TWO_PI * np.exp(z * z / 2)


@of_norm(stats.norm.ppf, SHARES, domain=(0.1, 0.9), bind=lambda q, loc=0, scale=1: ((q, loc, scale), {}))
def norm_ppf(out, q, loc, scale):
    """The quantile: as steep as the density is small."""
    z = ndtri(q)
    return where_there_is_one(scale, scale * steepness(z), 1.0, z)


@of_norm(stats.norm.isf, SHARES, domain=(0.1, 0.9), bind=lambda q, loc=0, scale=1: ((q, loc, scale), {}))
def norm_isf(out, q, loc, scale):
    """The quantile of what is left."""
    z = -ndtri(q)
    return where_there_is_one(scale, -scale * steepness(z), 1.0, z)


# ------------------------------------------------------------------------------------------------------ of several


POINTS = np.array([[0.3, -0.7], [1.2, 0.4], [-0.5, 0.1]])
MEAN, COV = np.array([0.1, -0.2]), np.array([[1.3, 0.4], [0.4, 0.9]])
CALLS: list[Any] = [
    ((POINTS, MEAN, COV), {}), ((POINTS[0], MEAN, COV), {}), ((POINTS, MEAN, np.array([0.8, 1.7])), {}),
    ((POINTS, MEAN, 1.4), {}), ((POINTS, None, COV), {}), ((POINTS[:, 0], 0.3, 1.2), {}),
]  # fmt: skip


def mean_and_cov(x, mean=None, cov=1, allow_singular=False):
    """SciPy's arguments as operands; a singular matrix has no rule."""
    if allow_singular is not False:
        raise UnsupportedError.of("scipy.stats.multivariate_normal.logpdf(..., allow_singular=True)")
    return (x, mean, cov), {}


def of_several(method):
    name = method.__name__
    return custom(
        method, path=f"stats.multivariate_normal.{name}", name=f"multivariate_normal_{name}",
        symbol=f"multivariate_normal.{name}", bind=mean_and_cov, sample=CALLS, analytic=False, in_page=False,
    )  # fmt: skip


def along_parts(g, x, mean, cov):
    """What the log-density passes to the points, to the mean and to the matrix, half of which is read."""
    x, mean, cov = wide(x), None if mean is None else wide(mean), wide(cov)
    kept, given = shape_of(x), () if mean is None else shape_of(mean)
    dim = int(np.prod(given)) if mean is not None else kept_dim(cov)
    rows = np.reshape(x, (-1, dim))
    away = rows if mean is None else rows - np.reshape(mean, (dim,))
    matrix = as_read(cov, "sym", True) if len(shape_of(cov)) == 2 else cov * np.eye(dim)  # a row stands for a diagonal
    pull = np.linalg.solve(matrix, away.mT).mT
    g = np.reshape(g, (-1, 1))
    whole = ((g * pull).mT @ pull - np.sum(g) * np.linalg.inv(matrix)) / 2
    to_cov = to_read(whole) if len(shape_of(cov)) == 2 else np.diagonal(whole)
    return (
        np.reshape(-g * pull, kept),
        None if mean is None else np.reshape(np.sum(g * pull, axis=0), given),
        to_cov if shape_of(cov) else np.sum(to_cov),
    )


def kept_dim(cov):
    return shape_of(cov)[0] if len(shape_of(cov)) == 2 else 1


@of_several(stats.multivariate_normal.logpdf)
def multivariate_normal_logpdf(g, out, x, mean, cov):
    """The log-density pulls each point towards the mean, by the inverse of the matrix."""
    return along_parts(g, x, mean, cov)


@of_several(stats.multivariate_normal.pdf)
def multivariate_normal_pdf(g, out, x, mean, cov):
    """The density: it scales what its logarithm passes."""
    return along_parts(g * out, x, mean, cov)
