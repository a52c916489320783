"""Runoff of a mountain catchment: a bucket model calibrated to the discharge of a gauge.

Snow gathers below a threshold of temperature and melts by degree-days; soil takes up rain and melt water and loses it
to evaporation; what it does not hold runs through a fast and a slow reservoir and is routed by a triangular unit
hydrograph. All states are in mm of water.

Formulas: S. Bergstrom, The HBV model, in Computer Models of Watershed Hydrology (1995) 443-476; the efficiency of J.
E. Nash, J. V. Sutcliffe, J. Hydrology 10 (1970) 282-290.
"""

import numpy as np

NAMES = ["TT", "CFMAX", "FC", "BETA", "LP", "PERC", "UZL", "K0", "K1", "K2", "MAXBAS"]


class Catchment:
    def __init__(self, parameters):
        self.p = dict(zip(NAMES, parameters))
        self.snow = 0.0
        self.soil = 0.5 * self.p["FC"]
        self.upper = 0.0
        self.lower = 10.0

    def snow_routine(self, rain, temperature):
        if temperature < self.p["TT"]:
            self.snow = self.snow + rain
            return 0.0
        melt = np.minimum(self.p["CFMAX"] * (temperature - self.p["TT"]), self.snow)
        self.snow = self.snow - melt
        return rain + melt

    def soil_routine(self, water, potential):
        recharge = water * np.clip(self.soil / self.p["FC"], 0.0, 1.0) ** self.p["BETA"]
        self.soil = self.soil + water - recharge
        evaporation = potential * np.minimum(self.soil / (self.p["LP"] * self.p["FC"]), 1.0)
        self.soil = np.maximum(self.soil - evaporation, 0.0)
        return recharge

    def response(self, recharge):
        self.upper = self.upper + recharge
        percolation = np.minimum(self.upper, self.p["PERC"])
        self.upper = self.upper - percolation
        self.lower = self.lower + percolation
        q0 = self.p["K0"] * np.maximum(self.upper - self.p["UZL"], 0.0)
        q1 = self.p["K1"] * self.upper
        q2 = self.p["K2"] * self.lower
        self.upper -= q0 + q1
        self.lower -= q2
        return q0 + q1 + q2

    def run(self, rain, temperature, potential):
        discharge = np.zeros(len(rain))
        for day in range(len(rain)):
            water = self.snow_routine(rain[day], temperature[day])
            discharge[day] = self.response(self.soil_routine(water, potential[day]))
        return discharge


def unit_hydrograph(maxbas, length=10):
    """The weights of a triangle of width maxbas days, for each day after the rain."""
    edges = np.clip(np.arange(length + 1) / maxbas, 0, 1)
    area = np.where(edges < 0.5, 2 * edges**2, 1 - 2 * (1 - edges) ** 2)
    return np.diff(area)


def simulate(parameters, weather):
    model = Catchment(parameters)
    runoff = model.run(weather["rain"], weather["temperature"], weather["potential"])
    return np.convolve(runoff, unit_hydrograph(model.p["MAXBAS"]))[: len(runoff)]


def loss(parameters, weather, gauge, warm_up=30):
    """One minus the efficiency of Nash and Sutcliffe."""
    q = simulate(parameters, weather)[warm_up:]
    observed = gauge[warm_up:]
    return np.sum((q - observed) ** 2) / np.sum((observed - observed.mean()) ** 2)


def problem(days=365, warm_up=30, seed=0):
    rng = np.random.default_rng(seed)
    season = np.sin(2 * np.pi * (np.arange(days) - 110) / 365)
    weather = {
        "rain": np.where(rng.random(days) < 0.4, rng.exponential(8.0, days), 0.0),
        "temperature": 4 + 10 * season + 3 * rng.standard_normal(days),
        "potential": np.maximum(1.5 + 1.5 * season, 0.1),
    }
    true = np.array([0.0, 3.5, 180.0, 2.0, 0.8, 1.5, 20.0, 0.3, 0.12, 0.03, 3.2])
    gauge = simulate(true, weather)
    start = np.array([0.3, 3.0, 200.0, 2.4, 0.7, 1.2, 25.0, 0.25, 0.1, 0.04, 2.6])
    return start, weather, gauge, warm_up


small = {"days": 4, "warm_up": 0}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    parameters, *data = problem()
    value, gradient = gw.value_and_grad(loss)(parameters, *data)
    print(f"1 - efficiency: {value:.5f}")
    for i, name in enumerate(NAMES):
        step = 1e-6 * parameters[i] * (np.arange(len(NAMES)) == i)
        difference = (loss(parameters + step, *data) - loss(parameters - step, *data)) / (2 * step[i])
        print(f"{name:7}{gradient[i]:14.6g}, by differences {difference:.6g}")
    both = timeit(lambda: gw.value_and_grad(loss)(parameters, *data), number=3)
    plain = timeit(lambda: loss(parameters, *data), number=3)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
