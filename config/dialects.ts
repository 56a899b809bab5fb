import type { Dialect, DialectTable, KeywordTable, KindRule } from '../pipeline/header/dialect.ts';

const medium = (keyword: string) => ({ keyword, confidence: 'medium' }) as const;

/** Keywords that mean the same whoever writes them, most trusted first. */
const generic: KeywordTable = {
  software: ['SWCREATE', 'SOFTWARE', 'CREATOR', 'PROGRAM', 'ORIGIN'],
  kind: [
    'IMAGETYP', 'FRAME', 'FRAMETYP', 'OBSTYPE', 'IMGTYPE', 'IMAGETYPE', 'IMGTYP', 'IMAGTYP', 'IMAG-TYP', 'IMAGE-TY', 'IMTYPE', 'FRMTYPE',
    'OBS_TYPE', 'OBS-TYPE', 'EXPTYPE', 'EXP_TYPE', 'DATA-TYP', 'DATATYPE', 'VIMTYPE', 'PICTTYPE', 'ESO DPR TYPE',
  ], // biome-ignore format: a list of keywords
  object: ['OBJECT', 'OBJNAME', 'TARGET'],
  filter: [
    'FILTER', 'FILT-1', 'FILTER1', 'FILTER2', 'FILTER3', 'INSFLNAM', 'FILTNAM', 'FILTERID', 'FILT-2', 'FILT-3', 'FILTER01', 'FILTER02', 'FILTER-1',
    'FILTER-2', 'FILTER_1', 'FILTER_2', 'FILTERA', 'FILTERB', 'FILT1', 'FILT2', 'WFFBAND', 'FILTNAM1', 'FILTNAM2', 'FILTNAME', 'FILTERNM', 'BAND',
  ], // biome-ignore format: a list of keywords
  exposureS: [
    'XPOSURE', 'EXPTIME', 'EXPOSURE', 'EXP_TIME', 'EXP-TIME', 'EXPTIM', 'EXPOTIME', 'EXPOS', 'EXPT', 'EXP', 'ITIME', 'INTTIME',
    'INT_TIME', 'INT-TIME', 'INTEGTIM', 'INTEGT', 'TEXP', 'EXPDUR', 'EXP_DUR', 'EXPO', 'EXPSEC', 'EXP_SEC', 'SHUTTIME', 'ACQTIME',
    'DURATION', 'EXPMIN', 'EXPOINUS', 'EXP_US', medium('LIVETIME'), medium('ONTIME'),
  ], // biome-ignore format: a list of keywords
  exposureMs: ['EXPOINMS', 'EXP_MS', 'EXPMS', 'EXPTMS', 'EXPTIMMS'],
  elapsedS: ['TELAPSE', 'ELAPTIME', 'ELAPSED'],
  dateStart: [
    'DATE-OBS', 'DATE-BEG', 'DATE_OBS', 'DATEOBS', 'DATE-STA', 'DATE_BEG', 'UT-OBS', 'UTC-OBS', 'DATE-UTC', 'DATE_UTC', 'UT-DATE',
    'UT_DATE', 'UTDATE', 'UTC-DATE', 'UTCDATE', 'SHUTOPEN', 'DATE-HP',
  ], // biome-ignore format: a list of keywords
  timeStart: [
    'TIME-OBS', 'UT', 'UTC', 'TM-START', 'TIME-BEG', 'UTSTART', 'UT-START', 'UT_START', 'UTC-STAR', 'TIME_OBS', 'TIMEOBS', 'TIME-STA',
    'UTC-OBS', 'UT-OBS', 'UTCSTART', 'UTIME', 'UT_TIME', 'GMT', 'GMT-OBS', 'TIME-UTC', 'UT-TIME', 'UTC-TIME', 'UTTIME', 'EXPSTART', 'STARTUT',
  ], // biome-ignore format: a list of keywords
  dateMid: ['DATE-AVG', 'DATE_AVG', 'MIDPOINT', 'DATE-MID', 'DATE_MID'],
  timeMid: ['UT-MID', 'UTMID', 'UTMIDDLE', 'TIME-MID', 'MIDTIME', 'TM-MID', 'UT-AVG'],
  dateEnd: ['DATE-END', 'DATE_END', 'SHUTCLOS'],
  timeEnd: ['TIME-END', 'TIME_END', 'TM-END', 'UT-END', 'UT_END', 'UTEND', 'UTSTOP', 'UT-STOP', 'UTC-END', 'EXPEND'],
  dateFile: ['DATE'],
  dateLocal: ['DATE-LOC', 'DATE_LOC', 'DATELOC', 'LOC-DATE', 'LOCDATE', 'DATE-LT', 'LT-DATE', 'LTDATE'],
  timeLocal: ['TIME-LOC', 'LOCTIME', 'LOC-TIME', 'LOC_TIME', 'LOCALTIM', 'LT', 'LT-OBS', 'LTOBS', 'TIME-LT'],
  mjdStart: ['MJD-OBS', 'MJD-BEG', 'MJD_OBS', 'MJDOBS', 'MJD-STA', 'MJD'],
  jdStart: [
    medium('JD-OBS'),
    medium('JD_OBS'),
    medium('JD-BEG'),
    medium('JD-START'),
    medium('JD_UTC'),
    medium('JD'),
    medium('JULDATE'),
    medium('JULIAN'),
    medium('UNIXTIME'),
    medium('HJD'),
    medium('HJD-OBS'),
    medium('JD-HELIO'),
    medium('BJD'),
    medium('BJD-OBS'),
  ],
  mjdMid: ['MJD-AVG', 'MJD-MID', 'MJD_MID', 'MJD_AVG'],
  jdMid: ['JD-MID', 'JD_MID', 'JD-AVG', 'JDMID'],
  mjdEnd: ['MJD-END', 'MJD_END', 'JD-END'],
  siderealTime: [
    'LST',
    'ST',
    'LST-OBS',
    'LST_OBS',
    'SIDTIME',
    'SIDEREAL',
    'LMST',
    'LAST',
    'ST-OBS',
    'LST-BEG',
    'LSTSTART',
  ],
  timeScale: ['TIMESYS'],
  gainSetting: ['GAIN', 'ISOSPEED', 'ISO', 'GAINRAW'],
  offsetSetting: ['OFFSET', 'BLKLEVEL', 'BLACKLVL', 'BRIGHTNE'],
  gainEPerAdu: ['CVF', 'EGAINSAV', 'EGAIN', 'GAIN_E', 'ELECGAIN'],
  readNoiseE: ['RDNOISE', 'READNOIS', 'RON', 'RDNOIS', 'ENOISE', 'RO_NOISE'],
  saturationAdu: ['SATURATE', 'SATLEVEL', 'SATURATI', medium('MAXLIN')],
  binning: ['CCDSUM', 'BINNING'],
  binningX: ['XBINNING', 'BINX', 'CCDXBIN', 'XBIN', 'BIN-X', 'HBIN'],
  binningY: ['YBINNING', 'BINY', 'CCDYBIN', 'YBIN', 'BIN-Y', 'VBIN'],
  pixelSizeUm: ['XPIXSZ', 'PIXSIZE', 'PIXSZ', medium('PIXELSZ')],
  unbinnedPixelSizeUm: ['PIXSIZE1', 'XPIXELSZ', 'PIXSIZEX'],
  sensorTemperatureC: ['CCD-TEMP', 'CCD_TEMP', 'CCDTEMP', 'CCDATEMP', 'TEMPERAT', 'CAMTCCD', 'DET-TEMP', 'CAMTEMP'],
  setTemperatureC: ['SET-TEMP', 'CCDSTEMP', 'SET_TEMP', 'SETTEMP'],
  camera: ['INSTRUME', 'CAMERA', 'DETECTOR', 'CAMNAME', 'CAMERAID', 'CCDNAME', medium('CAM-ID')],
  telescope: ['TELESCOP', 'TELESCOPE', 'OBSERVAT'],
  readoutMode: ['READOUTM', 'READMODE', 'RDMODE', 'CONFMODE'],
  bayerPattern: ['BAYERPAT', 'BAYRPAT', 'COLORTYP', 'CFAPAT', 'CFA', medium('FILTER')],
  bayerOffsetX: ['XBAYROFF', 'BAYOFFX'],
  bayerOffsetY: ['YBAYROFF', 'BAYOFFY'],
  rowOrder: ['ROWORDER'],
  raHours: ['OBJCTRA', 'TELRA', 'POINTRA', 'TEL-RA', 'TEL_RA', medium('CAT-RA'), medium('RA_TARG'), medium('TARGRA')],
  raDeg: ['RA', 'RA_DEG', 'RADEG', 'RA-DEG', 'RA_OBS', 'RA-OBS', medium('CRVAL1')],
  decDeg: [
    'DEC', 'DEC_DEG', 'DECDEG', 'DEC-DEG', 'DEC_OBS', 'DEC-OBS', 'OBJCTDEC', 'TELDEC', 'POINTDEC', 'TEL-DEC',
    'TEL_DEC', medium('CAT-DEC'), medium('DEC_TARG'), medium('TARGDEC'), medium('CRVAL2'),
  ], // biome-ignore format: a list of keywords
  siteLatDeg: ['SITELAT', 'SITE-LAT', 'OBSLAT', 'OBS-LAT', 'LAT-OBS', 'LATITUDE', 'OBSGEO-B', 'GEOLAT', 'SITELATD'],
  siteLonDeg: [
    'SITELONG',
    'SITE-LON',
    'OBSLONG',
    'OBS-LONG',
    'LONG-OBS',
    'LONGITUD',
    'OBSGEO-L',
    'SITELON',
    'GEOLON',
    'LON-OBS',
  ],
  siteHeightM: [
    'SITEELEV',
    'SITE-ELE',
    'OBSELEV',
    'OBS-ELEV',
    'ALT-OBS',
    'OBSGEO-H',
    'HEIGHT',
    'ELEVATIO',
    'SITEALT',
    'OBSALT',
  ],
  focalLengthMm: ['FOCALLEN', 'FOCALEN', 'FOCLEN', 'FOC_LEN', 'FOCLENGT', 'FOCALLNG', 'TELFOCAL', 'TELFL', 'FOCAL'],
  focalRatio: ['FOCRATIO', 'FOCALRAT', 'FRATIO', 'F-RATIO', 'F_RATIO', 'FNUMBER'],
  apertureMm: ['APTDIA', 'APERTUR', 'TELDIAM', 'APTDIAM'],
  scaleArcsecPerPx: ['SECPIX', 'SECPIX1', 'PIXSCALE', 'SCALE', 'PLTSCALE', 'IM_SCALE', 'PIXSCAL1'],
  airmass: ['AIRMASS', 'AIRMASSH', 'SECZ'],
  altitudeDeg: ['CENTALT', 'OBJCTALT', 'ALTITUDE', 'TELALT', 'ALT', 'EL'],
  rotatorDeg: ['ROTATOR', 'ROTATANG', 'ROTPA', 'ANGLE'],
  subframeX: ['XORGSUBF', 'SUBFRMX'],
  subframeY: ['YORGSUBF', 'SUBFRMY'],
  dataSection: ['DATASEC'],
  biasSection: ['BIASSEC'],
  trimSection: ['TRIMSEC'],
  calibrationStatus: ['CALSTAT', 'CALSTATU'],
  stackCount: [
    'STACKCNT', 'NCOMBINE', 'SNAPSHOT', 'NUMFRAME', 'NFRAMES', 'IMCMB', 'STACKED', 'STCKCNT', 'NSTACK', 'NSTACKED', 'STACKNUM', 'NUMSTACK',
    'NCOMB', 'NCOADD', 'NCOADDS', 'COADDS', 'NIMAGES', 'NUMIMAGE', 'NUMIMGS', 'NUMSUBS', 'NSUBS', 'NFRAME', 'LIGH_CNT', 'LIGHTCNT', 'LUM_CNT',
    'RED_CNT', 'GREE_CNT', 'BLUE_CNT', 'NUMEXP', 'NEXP', 'FRAMENO',
  ], // biome-ignore format: a list of keywords
  pedestalAdu: ['PEDESTAL'],
  requestId: ['REQID'],
  visitId: ['VISITID'],
};

const dialects: readonly Dialect[] = [
  {
    id: 'bhtom-edge',
    name: 'BHTOM Edge',
    recognise: [{ keyword: 'SWCREATE', pattern: '^BHTOM Edge' }],
  },
  {
    id: 'nina',
    name: 'N.I.N.A.',
    recognise: [{ keyword: 'SWCREATE', pattern: '^N\\.I\\.N\\.A' }],
    eGainConfidence: 'low',
    eGainBeforeShift: true,
    coordinatesCommanded: true,
    rowOrder: 'TOP-DOWN',
  },
  {
    id: 'maxim',
    name: 'MaxIm DL',
    recognise: [
      { keyword: 'SWCREATE', pattern: '^MaxIm' },
      { keyword: 'SWMODIFY', pattern: '^MaxIm' },
    ],
    keywords: { jdStart: ['JD'] },
  },
  {
    id: 'acp',
    name: 'ACP',
    recognise: [
      { keyword: 'SWCREATE', pattern: '\\bACP\\b' },
      { keyword: 'HISTORY', pattern: '\\bACP\\b' },
    ],
  },
  {
    id: 'sgp',
    name: 'Sequence Generator Pro',
    recognise: [
      { keyword: 'CREATOR', pattern: '^Sequence Generator' },
      { keyword: 'SWCREATE', pattern: '^Sequence Generator' },
    ],
    eGainConfidence: 'low',
  },
  {
    id: 'apt',
    name: 'Astro Photography Tool',
    recognise: [{ keyword: 'SWCREATE', pattern: '^(Astro Photography Tool|APT\\b)' }],
    eGainConfidence: 'low',
  },
  {
    id: 'sharpcap',
    name: 'SharpCap',
    recognise: [{ keyword: 'SWCREATE', pattern: '^SharpCap' }],
    keywords: { jdMid: ['JD_UTC'], gainEPerAdu: ['EGAINSAV'] },
    eGainConfidence: 'low',
    eGainBeforeShift: true,
    coordinatesOfDate: true,
    rowOrder: 'TOP-DOWN',
    stackWhen: [{ keyword: 'STACKCNT', pattern: '^(?!0*1(\\.0*)?$)[1-9]' }],
  },
  {
    id: 'seestar',
    name: 'ZWO Seestar',
    recognise: [
      { keyword: 'CREATOR', pattern: 'Seestar' },
      { keyword: 'INSTRUME', pattern: 'Seestar' },
    ],
    ignore: [{ quantity: 'apertureMm', keyword: 'APERTURE' }],
    eGainConfidence: 'low',
    rowOrder: 'TOP-DOWN',
    stackNames: '^(dso_)?stacked[_-]',
  },
  {
    id: 'dwarf',
    name: 'DWARFLAB DWARF',
    recognise: [
      { keyword: 'INSTRUME', pattern: '^DWARF' },
      { keyword: 'TELESCOP', pattern: '^DWARF' },
      { keyword: 'ORIGIN', pattern: '^DWARFLAB' },
    ],
    eGainConfidence: 'low',
    rowOrder: 'TOP-DOWN',
    stackNames: '^(img_)?stacked[-_. ]',
  },
  {
    id: 'asiair',
    name: 'ZWO ASIAIR',
    recognise: [
      { keyword: 'CREATOR', pattern: 'ASIAIR' },
      { keyword: 'PROGRAM', pattern: 'ASIAIR' },
      { keyword: 'SWCREATE', pattern: 'ASIAIR' },
    ],
    eGainConfidence: 'low',
    eGainBeforeShift: true,
    coordinatesCommanded: true,
    rowOrder: 'TOP-DOWN',
  },
  {
    id: 'voyager',
    name: 'Voyager',
    recognise: [{ keyword: 'SWCREATE', pattern: '^Voyager' }],
    eGainConfidence: 'low',
    ignore: [{ quantity: 'timeStart', keyword: 'UTC' }],
  },
  {
    id: 'theskyx',
    name: 'TheSkyX',
    recognise: [{ keyword: 'SWCREATE', pattern: '^TheSky' }],
    westPositive: true,
  },
  {
    id: 'indi',
    name: 'INDI / Ekos',
    recognise: [
      { keyword: 'CREATOR', pattern: '^(INDI|KStars|Ekos)' },
      { keyword: 'SWCREATE', pattern: '(INDI|KStars|Ekos)' },
      { keyword: 'COMMENT', pattern: 'Generated by INDI' },
    ],
    eGainConfidence: 'medium',
    rowOrder: 'TOP-DOWN',
  },
  {
    id: 'rts2',
    name: 'RTS2',
    recognise: [
      { keyword: 'ORIGIN', pattern: 'RTS2' },
      { keyword: 'RTS2_ID', pattern: '.' },
      { keyword: 'SWCREATE', pattern: '^RTS2' },
    ],
    keywords: { raDeg: ['TELRA', 'TARRA', 'ORIRA'], decDeg: ['TELDEC', 'TARDEC', 'ORIDEC'] },
    ignore: [{ quantity: 'raHours', keyword: 'TELRA' }],
  },
  {
    id: 'lco',
    name: 'Las Cumbres Observatory',
    recognise: [
      { keyword: 'ORIGIN', pattern: '^LCO' },
      { keyword: 'OBSTELE', pattern: '^LCO' },
      { keyword: 'SITE', pattern: '^LCO' },
    ],
    keywords: { kind: ['OBSTYPE'] },
    gainIsEPerAdu: true,
    coordinatesCommanded: false,
  },
  {
    id: 'microobservatory',
    name: 'MicroObservatory',
    recognise: [{ keyword: 'CREATOR', pattern: '^MicroObservatory' }],
    keywords: { dateStart: ['UT-OBS', 'DATE-OBS'] },
    // Computed with the local time of day.
    ignore: [{ quantity: 'siderealTime', keyword: 'LST-OBS' }],
    westPositive: true,
    kelvin: true,
    coordinatesCommanded: true,
  },
  {
    id: 'app',
    name: 'Astro Pixel Processor',
    recognise: [{ keyword: 'SOFTWARE', pattern: '^Astro Pixel Processor' }],
    ignore: [{ quantity: 'gainSetting', keyword: 'GAIN' }],
    refuse: 'Astro Pixel Processor writes processed and integrated images, not raw frames',
  },
  {
    id: 'deepskystacker',
    name: 'DeepSkyStacker',
    recognise: [{ keyword: 'SOFTWARE', pattern: '^DeepSkyStacker' }],
    refuse: 'DeepSkyStacker writes stacked images, not raw frames',
  },
  {
    id: 'siril',
    name: 'Siril',
    recognise: [
      { keyword: 'PROGRAM', pattern: '^Siril' },
      { keyword: 'SWCREATE', pattern: '^Siril' },
    ],
    ignore: [{ quantity: 'jdStart', keyword: 'JD' }],
  },
  {
    id: 'pixinsight',
    name: 'PixInsight',
    recognise: [
      { keyword: 'PROGRAM', pattern: '^PixInsight' },
      { keyword: 'CREATOR', pattern: '^PixInsight' },
    ],
  },
];

/** Image types, tried in this order on the whole value (case and surrounding blanks ignored). */
const kinds: readonly KindRule[] = [
  { pattern: '(dark|bias)s?[ _-]?(for[ _-]?)?flats?|flats?[ _-]?(dark|bias)|darkflat|flatdark', kind: 'flat-dark' },
  {
    pattern:
      'bias|(^|[^a-z])(zeros?|offsets?|pedestal|nullbild|sesgo)([ _-]?(frame|image))?($|[^a-z])|zeroframe|^[bz]$',
    kind: 'bias',
  },
  { pattern: 'dark|dunkel|^noirs?$|oscur[oa]|ciemn|\\bbuio\\b|donker|escuro|mork|mørk|^d$', kind: 'dark' },
  { pattern: 'flat|twilight|dome|hellbild|\\bplu\\b|\\bplano\\b|plask|płask|^f$', kind: 'flat' },
  {
    pattern:
      'light|object|objeto|objet|obiekt|scien|expos|target|star|standard|snapshot|tricolou?r|\\blicht|\\bbrut|\\bluz\\b|\\bluce\\b|jasn|^image$|^(l|o|obj|sky|img)$',
    kind: 'light',
  },
];

const kindsByName: readonly KindRule[] = [
  { pattern: '(?:master)?(?:(?:dark|bias)[ _-]?flats?|flats?[ _-]?(?:dark|bias)(?:s|es)?)', kind: 'flat-dark' },
  { pattern: '(?:master)?(?:bias(?:es)?|zeros?|offsets?)', kind: 'bias' },
  { pattern: '(?:master)?darks?', kind: 'dark' },
  { pattern: '(?:master|sky|dome|auto)?flats?', kind: 'flat' },
  { pattern: 'lights?|science|raw', kind: 'light' },
];

/** What people write beside the kind of a frame: settings, filters, places of the calibration files. */
const neutralWords: readonly string[] = [
  'master', 'masters', 'frame', 'frames', 'field', 'fields', 'calib', 'cal', 'calibration', 'calibrations', 'library', 'lib', 'raw',
  'sec', 'secs', 'second', 'seconds', 'min', 'exp', 'exposure', 'gain', 'offset', 'bin', 'binning', 'temp', 'deg', 'iso', 'mono',
  'evening', 'morning', 'dusk', 'dawn', 'twilight', 'sky', 'dome', 'panel', 'auto', 'wizard', 'test', 'night', 'session', 'stack',
  'stacked', 'combined', 'lum', 'luminance', 'red', 'green', 'blue', 'rgb', 'lrgb', 'clear', 'alpha', 'oiii', 'sii', 'nii', 'hbeta', 'halpha',
  'ircut', 'dual', 'band', 'filter', 'nofilter', 'sloan', 'sdss', 'johnson', 'bessel', 'cousins', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul',
  'aug', 'sep', 'oct', 'nov', 'dec',
]; // biome-ignore format: a list of words

/** What we know of the world's headers; a site adds its own dialects and keywords in its configuration. */
export const dialectTable: DialectTable = { dialects, generic, kinds, kindsByName, neutralWords };
