# linear classifier with the multiclass svm loss; last column of the batch is all ones (bias trick)
import numpy as np

MARGIN = 1.0

def svm(W, batch, labels, lam):
	n = len(batch)
	idx = np.arange(n)

	s = batch @ W                              # n x classes
	correct = s[idx, labels][:, np.newaxis]
	hinge = np.maximum(0, s - correct + MARGIN)
	hinge[idx, labels] = 0
	L = hinge.sum() / n + 0.5 * lam * (W ** 2).sum()

	# every violated margin pushes its own column down and the right column up
	push = (hinge > 0).astype(W.dtype)
	push[idx, labels] = -push.sum(axis=1)
	gradW = batch.T @ push / n + lam * W
	return L, gradW

if __name__ == '__main__':
	W = np.random.randn(4, 3) * 0.01
	batch = np.random.randn(20, 4); batch[:, -1] = 1
	labels = np.random.randint(3, size=20)
	for it in range(200):
		L, g = svm(W, batch, labels, 1e-3)
		W -= 0.1 * g
	print(L)
