/**
 * Extinction of clear air, magnitudes per airmass, at a wavelength and height: Rayleigh scattering and aerosols (Hayes &
 * Latham 1975, ApJ 197, 593; constants for aerosols of Green 1992, ICQ 14, 55: 0.05 at one micrometre, exponent 1.3, scale height
 * 1.5 km). It brings zero points of different airmass together; no magnitude rests on it. 0 for an unknown wavelength.
 */
export function clearExtinction(wavelengthNm: number, heightM: number): number {
  if (!(wavelengthNm > 0)) return 0;
  const um = wavelengthNm / 1000;
  const heightKm = heightM / 1000;
  const k = um ** -2;
  const refraction = 0.23465 + 107.6 / (146 - k) + 0.93161 / (41 - k);
  const rayleigh = 0.0094977 * um ** -4 * refraction ** 2 * Math.exp(-heightKm / 7.996);
  const aerosols = 0.05 * um ** -1.3 * Math.exp(-heightKm / 1.5);
  return rayleigh + aerosols;
}
