"""Aperture photometry of a series by sep, radius 3.5 px: sep_series.py OUT.csv FRAME.fits ...
One row a star and frame: number of the frame, x, y (0-based), flux, flux error, highest raw pixel within 2 px."""
import sys

import numpy as np
import sep
from astropy.io import fits

rows = []
for number, source in enumerate(sys.argv[2:]):
    raw = np.ascontiguousarray(fits.getdata(source), dtype=np.float32)
    sky = sep.Background(raw, bw=64, bh=64)
    image = raw - sky.back()
    found = sep.extract(image, 3, err=sky.globalrms, minarea=4)
    x, y, _ = sep.winpos(image, found["x"], found["y"], np.full(len(found), 1.0))
    flux, error, _ = sep.sum_circle(image, x, y, 3.5, err=sky.globalrms)
    for i in range(len(found)):
        c, r = int(round(x[i])), int(round(y[i]))
        core = raw[max(0, r - 2):r + 3, max(0, c - 2):c + 3]
        if core.size:
            rows.append((number, x[i], y[i], flux[i], error[i], core.max()))
np.savetxt(sys.argv[1], rows, delimiter=",", header="frame,x,y,flux,flux_err,peak")
