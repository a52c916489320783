# smooth a borehole temperature log: linear spline + Student-t residuals
import numpy as np

np.random.seed(4)
coef = np.random.randn(6)          # spline coefficients
log_s = -0.3                       # log scale of the residuals
temp = np.random.randn(9)          # measured, standardised
nu = 4.0
lam = 0.25

depth = np.arange(9) / 8.1 + 0.005
knots = np.linspace(0, 1, 6)

# design matrix, (9, 6)
B = np.maximum(0, 1 - np.abs(depth[:, None] - knots[None, :]) * 5)

# second differences
D = np.diff(np.eye(6), n=2, axis=0)

# forward
fit = B @ coef
s = np.exp(log_s)
e = (temp - fit) / s
misfit = 0.5 * (nu + 1) * np.sum(np.log(1 + e**2 / nu)) + len(temp) * log_s
curv = D @ coef
rough = lam * np.sum(curv**2)
loss = misfit + rough

# backward
de = (nu + 1) * e / (nu + e**2)
dfit = -de / s
dcurv = 2 * lam * curv
dcoef = B.T @ dfit + D.T @ dcurv
ds = -np.sum(de * e) / s
dlog_s = s * ds + len(temp)

print(loss, dcoef, dlog_s)
