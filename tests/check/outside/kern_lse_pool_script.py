import numpy as np

# multiple instance learning: every bag has 3 instances, pooled with a smooth max (log-sum-exp)
# float32 all the way, like on the device

bags = np.array(
    [
        [[0.5, -1.2, 0.3], [1.4, 0.2, -0.7], [-0.6, 0.9, 1.1]],
        [[-0.9, 0.4, 0.8], [0.1, -0.3, 1.5], [1.2, 1.0, -0.2]],
        [[0.7, 0.6, -1.3], [-1.1, -0.5, 0.4], [0.2, 1.3, 0.9]],
        [[-0.4, 1.6, 0.1], [0.8, -0.8, -0.9], [1.0, 0.3, 0.6]],
    ],
    dtype=np.float32,
)
truth = np.array([0, 1, 1, 0])
K = np.array([[0.4, -0.6], [0.7, 0.5], [-0.3, 0.8]], dtype=np.float32)
k0 = np.array([0.1, -0.2], dtype=np.float32)
r = np.float32(2.0)  # sharpness of the pooling
T = np.float32(1.5)  # temperature of the softmax

inst = bags @ K + k0  # (bag, instance, class)
top = inst.max(axis=1, keepdims=True)
ex = np.exp(r * (inst - top))
tot = ex.sum(axis=1, keepdims=True)
pooled = (top + np.log(tot / 3) / r)[:, 0, :]
scaled = pooled / T
scaled = scaled - scaled.max(axis=1, keepdims=True)
q = np.exp(scaled)
q /= q.sum(axis=1, keepdims=True)
loss = -np.log(q[np.arange(4), truth]).mean()

# backwards
dscaled = q.copy()
dscaled[np.arange(4), truth] -= 1
dscaled /= 4
dpooled = dscaled / T
dinst = dpooled[:, None, :] * (ex / tot)
dK = np.tensordot(bags, dinst, axes=([0, 1], [0, 1]))
dk0 = dinst.sum(axis=(0, 1))
dbags = dinst @ K.T

K -= np.float32(0.1) * dK
k0 -= np.float32(0.1) * dk0
