"""PSF photometry by photutils 1.x: photutils_psf.py IN.fits OUT.csv FWHM_PX GAIN SATURATION_ADU"""
import sys

import numpy as np
from astropy.io import fits
from astropy.modeling.fitting import LevMarLSQFitter
from astropy.nddata import NDData
from astropy.table import Table
from photutils.background import Background2D
from photutils.detection import DAOStarFinder
from photutils.psf import DAOGroup, EPSFBuilder, IterativelySubtractedPSFPhotometry, extract_stars
from scipy.spatial import cKDTree

source, target = sys.argv[1:3]
fwhm, saturation = float(sys.argv[3]), float(sys.argv[5])
raw = fits.getdata(source).astype(float)
sky = Background2D(raw, 64, filter_size=3)
image = raw - sky.background
finder = DAOStarFinder(4 * sky.background_rms_median, fwhm)
found = finder(image)
x, y, peak = (np.array(found[name]) for name in ("xcentroid", "ycentroid", "peak"))
size = 2 * int(np.ceil(3 * fwhm)) + 1
height, width = image.shape
distance = cKDTree(np.c_[x, y]).query(np.c_[x, y], k=2)[0][:, 1]
good = (peak + sky.background_median < 0.7 * saturation) & (np.minimum(x, width - x) > size) & (np.minimum(y, height - y) > size)
alone = good & (distance > 3 * fwhm)
good = alone if alone.sum() >= 20 else good & (distance > 1.5 * fwhm)
best = np.argsort(-peak * good)[:min(80, good.sum())]
stars = extract_stars(NDData(image), Table({"x": x[best], "y": y[best]}), size=size)
psf, _ = EPSFBuilder(oversampling=2, maxiters=6, progress_bar=False)(stars)
fit = 2 * int(np.ceil(fwhm)) + 1
photometry = IterativelySubtractedPSFPhotometry(
    DAOGroup(fwhm), None, psf, (fit, fit), finder=finder, fitter=LevMarLSQFitter(), niters=2, aperture_radius=fwhm)
result = photometry(image)
error = result["flux_unc"] if "flux_unc" in result.colnames else np.full(len(result), np.nan)
columns = [result["x_fit"], result["y_fit"], result["flux_fit"], error]
np.savetxt(target, np.transpose(columns), delimiter=",", header="x,y,flux,flux_err")
