"""Two-tower retrieval model with the pairwise sigmoid loss (in-batch negatives)."""
import numpy as np


def unit_rows(a):
    length = np.linalg.norm(a, axis=1, keepdims=True)
    return a / length, length


def unit_rows_grad(grad, unit, length):
    along = np.sum(grad * unit, axis=1, keepdims=True)
    return (grad - along * unit) / length


class TwoTower:
    def __init__(self, n_items, n_feat, n_emb, n_out, seed=0):
        r = np.random.default_rng(seed)
        self.params = {
            "items": r.standard_normal((n_items, n_emb)),
            "W_user": r.standard_normal((n_feat, n_out)),
            "W_item": r.standard_normal((n_emb, n_out)),
            "log_temp": np.array([0.7]),
            "offset": np.array([-0.5]),
        }

    def embed(self, feats, item_ids):
        p = self.params
        self.rows = p["items"][item_ids]
        self.U, self.U_len = unit_rows(feats @ p["W_user"])
        self.V, self.V_len = unit_rows(self.rows @ p["W_item"])

    def loss(self, feats, item_ids):
        p = self.params
        self.embed(feats, item_ids)
        n = len(item_ids)
        temp = np.exp(p["log_temp"])
        sim = self.U @ self.V.T
        sign = 2.0 * np.eye(n) - 1.0
        margin = sign * (temp * sim + p["offset"])
        loss = np.logaddexp(0.0, -margin).sum() / n

        d_logits = -sign / (1.0 + np.exp(margin)) / n
        d_sim = temp * d_logits
        grads = {}
        grads["offset"] = np.array([d_logits.sum()])
        grads["log_temp"] = temp * np.sum(d_logits * sim)
        d_user = unit_rows_grad(d_sim @ self.V, self.U, self.U_len)
        d_item = unit_rows_grad(d_sim.T @ self.U, self.V, self.V_len)
        grads["W_user"] = feats.T @ d_user
        grads["W_item"] = self.rows.T @ d_item
        grads["items"] = np.zeros_like(p["items"])
        np.add.at(grads["items"], item_ids, d_item @ p["W_item"].T)
        return loss, grads
