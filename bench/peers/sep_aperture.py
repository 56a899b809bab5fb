"""Aperture photometry by sep: sep_aperture.py IN.fits OUT.csv FWHM_PX GAIN SATURATION_ADU"""
import sys

import numpy as np
import sep
from astropy.io import fits

source, target = sys.argv[1:3]
fwhm, gain = float(sys.argv[3]), float(sys.argv[4])
image = np.ascontiguousarray(fits.getdata(source), dtype=np.float32)
sep.set_extract_pixstack(5_000_000)
sky = sep.Background(image, bw=64, bh=64)
image -= sky.back()
half = int(np.ceil(fwhm))
y, x = np.mgrid[-half:half + 1, -half:half + 1]
kernel = np.exp(-0.5 * (x * x + y * y) / (fwhm / 2.3548) ** 2)
found = sep.extract(image, 1.5, err=sky.globalrms, minarea=3, filter_kernel=kernel, deblend_nthresh=64, deblend_cont=0.0005)
x, y, _ = sep.winpos(image, found["x"], found["y"], np.full(len(found), fwhm / 2.3548))
flux, error, _ = sep.sum_circle(image, x, y, fwhm, err=sky.globalrms, gain=gain)
np.savetxt(target, np.c_[x, y, flux, error], delimiter=",", header="x,y,flux,flux_err")
