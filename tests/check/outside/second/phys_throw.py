import numpy as np

GRAVITY = np.array([0.0, -9.81])


def air(vel, wind, drag):
    rel = vel - wind
    speed = np.sqrt(rel @ rel + 1e-6)
    return -drag * speed * rel, rel, speed


def aim(vel0, wind, drag, target, dt=1 / 30, frames=20):
    """Throw the grenade, simulate it frame by frame (semi-implicit Euler), return how far it misses
    and which way to turn the stick: miss, (d_vel0, d_wind, d_drag)"""
    pos = np.zeros(2)
    vel = vel0
    history = []
    for _ in range(frames):
        acc, rel, speed = air(vel, wind, drag)
        history.append((rel, speed))
        vel = vel + dt * (GRAVITY + acc)
        pos = pos + dt * vel
    off = pos - target
    miss = off @ off

    # rewind
    d_pos = 2 * off
    d_vel = np.zeros(2)
    d_wind = np.zeros(2)
    d_drag = 0.0
    for rel, speed in history[::-1]:
        d_vel = d_vel + dt * d_pos
        d_acc = dt * d_vel
        d_drag -= speed * (rel @ d_acc)
        d_speed = -drag * (rel @ d_acc)
        d_rel = -drag * speed * d_acc
        d_rel = d_rel + d_speed * rel / speed
        d_vel = d_vel + d_rel
        d_wind = d_wind - d_rel
    d_vel0 = d_vel
    return miss, (d_vel0, d_wind, d_drag)
