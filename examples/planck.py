"""Planck's law: what a black body radiates, in watts per square metre, steradian and micrometre of wavelength.

gatewise show examples/planck.py:radiance wavelength=0.45 temperature=5772

Wavelengths are in micrometres, temperatures in kelvins. The constants are exact: they define the units of the SI since
2019 (BIPM, The International System of Units, 9th edition, table 1). 5772 K is the effective temperature of the Sun
(IAU 2015, resolution B3). At the peak of the spectrum, 0.5020 micrometres, the gradient in wavelength is 0: that is
Wien's law.
"""

import numpy as np

PLANCK = 6.62607015e-34  # joule seconds
LIGHT = 299792458.0  # metres a second
BOLTZMANN = 1.380649e-23  # joules a kelvin
FIRST = 2e24 * PLANCK * LIGHT**2  # 1e24: wavelength in micrometres, radiance a micrometre
SECOND = 1e6 * PLANCK * LIGHT / BOLTZMANN  # micrometre kelvins


def radiance(wavelength, temperature):
    energy = SECOND / (wavelength * temperature)
    modes = FIRST / wavelength**5
    radiance = modes / (np.exp(energy) - 1)
    return radiance
