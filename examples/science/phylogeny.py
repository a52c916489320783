"""Likelihood of a phylogenetic tree: rates of substitution and lengths of branches from aligned DNA.

Felsenstein's pruning algorithm on a rooted tree, with the general time-reversible model of substitution and rates
that differ between sites in four classes. The probabilities along a branch are a matrix exponential, taken by the
eigenvectors of the symmetrised rate matrix.

Formulas: J. Felsenstein, J. Mol. Evol. 17 (1981) 368-376; S. Tavare, Lectures on Mathematics in the Life Sciences 17
(1986) 57-86; Z. Yang, J. Mol. Evol. 39 (1994) 306-314.
"""

import numpy as np

BASES = "ACGT"

# A tree is a name or a pair of (subtree, number of the branch to it).
tree = (
    ((("human", 0), ("chimpanzee", 1)), 6),
    ((("gorilla", 2), ((("orangutan", 3), ("gibbon", 4)), 7)), 5),
)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def rate_matrix(exchange, pi):
    """The eigenvalues and eigenvectors of the symmetrised matrix of rates, one substitution a unit of time."""
    R = np.zeros((4, 4))
    R[np.triu_indices(4, k=1)] = exchange
    R = R + R.T
    Q = R * pi[np.newaxis, :]
    np.fill_diagonal(Q, -Q.sum(axis=1))
    Q /= -np.sum(pi * np.diag(Q))
    root = np.sqrt(pi)
    S = Q * root[:, None] / root[None, :]
    return np.linalg.eigh((S + S.T) / 2)


def transition(t, w, U, pi):
    """P(t)[i, j]: base j at the end of a branch of length t that began with i."""
    root = np.sqrt(pi)
    return np.einsum("ik,k,jk->ij", U / root[:, None], np.exp(w * t), U * root[:, None])


def partials(node, lengths, rate, model, sequences):
    """The likelihood of everything below a node, for each site and base at it."""
    if isinstance(node, str):
        return np.array([[1.0 if base == b else 0.0 for b in BASES] for base in sequences[node]])
    L = 1.0
    for child, branch in node:
        below = partials(child, lengths, rate, model, sequences)
        P = transition(rate * lengths[branch], *model)
        L = L * np.einsum("ij,sj->si", P, below)
    return L


def loss(params, sequences, classes=4):
    """Minus the log-likelihood of the alignment, a site."""
    pi = softmax(params["log_pi"])
    exchange = np.exp(np.append(params["log_exchange"], 0.0))
    lengths = np.exp(params["log_lengths"])
    model = (*rate_matrix(exchange, pi), pi)
    # classes of rates: a discretised exponential-like spread with mean 1
    spread = np.exp(params["log_spread"])
    quantile = (np.arange(classes) + 0.5) / classes
    rates = (-np.log1p(-quantile)) ** spread
    rates = rates / rates.mean()
    site = sum(partials(tree, lengths, r, model, sequences) @ pi for r in rates) / classes
    return -np.mean(np.log(site))


def problem(sites=300, classes=4, seed=0):
    """Sequences drawn along the tree with known lengths (Jukes and Cantor's model, for brevity)."""
    rng = np.random.default_rng(seed)
    lengths = [0.05, 0.06, 0.1, 0.2, 0.22, 0.03, 0.05, 0.06]
    sequences = {}

    def evolve(node, parent):
        if isinstance(node, str):
            sequences[node] = "".join(BASES[b] for b in parent)
            return
        for child, branch in node:
            changed = rng.random(sites) < 0.75 * (1 - np.exp(-4 / 3 * lengths[branch]))
            evolve(child, np.where(changed, rng.integers(0, 4, sites), parent))

    evolve(tree, rng.integers(0, 4, sites))
    params = {
        "log_pi": np.array([0.1, -0.1, 0.05, 0.0]),
        "log_exchange": np.array([0.1, 0.5, 0.0, -0.2, 0.4]),
        "log_lengths": np.log(np.full(8, 0.1)),
        "log_spread": -0.5,
    }
    return params, sequences, classes


small = {"sites": 5, "classes": 1}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    params, *rest = problem()
    gradient = gw.grad(loss)(params, *rest)
    for key in params:
        up, down = dict(params), dict(params)
        up[key] = params[key] + 1e-5 * np.arange(1, 1 + np.size(params[key]))
        down[key] = params[key] - 1e-5 * np.arange(1, 1 + np.size(params[key]))
        difference = (loss(up, *rest) - loss(down, *rest)) / 2e-5
        slope = np.sum(gradient[key] * np.arange(1, 1 + np.size(params[key])))
        print(f"{key}: {slope:.8g}, by differences {difference:.8g}")
    for step in range(21):
        value, gradient = gw.value_and_grad(loss)(params, *rest)
        if step % 10 == 0:
            print(f"step {step}: {value:.5f}, lengths {np.exp(params['log_lengths']).round(3)}")
        params = {key: params[key] - 0.5 * gradient[key] for key in params}
    both = timeit(lambda: gw.value_and_grad(loss)(params, *rest), number=3)
    plain = timeit(lambda: loss(params, *rest), number=3)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
