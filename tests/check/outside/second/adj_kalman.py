import numpy as np

H = np.array([1.0, 0.0])  # only the level is observed


def filter_nll(A, log_q, log_r, y):
    """Prediction error decomposition of a 2-state model with scalar observations.

    x' = A x + w,  w ~ N(0, diag(exp log_q)),   y = H x + v,  v ~ N(0, exp log_r)
    """
    Q = np.diag(np.exp(log_q))
    r = np.exp(log_r)
    m, P = np.zeros(2), np.eye(2)
    nll = 0.0
    tape = []
    for obs in y:
        mp = A @ m
        Pp = A @ P @ A.T + Q
        v = obs - H @ mp
        S = H @ Pp @ H + r
        K = Pp @ H / S
        nll += 0.5 * (np.log(2 * np.pi * S) + v * v / S)
        tape.append((m, P, v, S, K))
        m = mp + K * v
        P = Pp - S * np.outer(K, K)
    return nll, (A, log_q, log_r, tape)


def filter_nll_reverse(saved):
    A, log_q, log_r, tape = saved
    A_bar = np.zeros((2, 2))
    Q_bar = np.zeros((2, 2))
    r_bar = 0.0
    m_bar, P_bar = np.zeros(2), np.zeros((2, 2))

    for m, P, v, S, K in reversed(tape):
        # likelihood term
        S_bar = 0.5 * (1 / S - v * v / S**2)
        v_bar = v / S
        # m = mp + K v
        mp_bar = m_bar
        K_bar = m_bar * v
        v_bar += K @ m_bar
        # P = Pp - S K K'
        Pp_bar = P_bar
        K_bar = K_bar - S * (P_bar + P_bar.T) @ K
        S_bar -= K @ P_bar @ K
        # K = Pp H / S
        Pp_bar = Pp_bar + np.outer(K_bar, H) / S
        S_bar -= K_bar @ K / S
        # S = H Pp H' + r,  v = obs - H mp
        Pp_bar = Pp_bar + S_bar * np.outer(H, H)
        r_bar += S_bar
        mp_bar = mp_bar - v_bar * H
        # predict
        A_bar += np.outer(mp_bar, m) + (Pp_bar + Pp_bar.T) @ A @ P
        Q_bar += Pp_bar
        m_bar = A.T @ mp_bar
        P_bar = A.T @ Pp_bar @ A

    log_q_bar = np.diag(Q_bar) * np.exp(log_q)
    log_r_bar = r_bar * np.exp(log_r)
    return A_bar, log_q_bar, log_r_bar
