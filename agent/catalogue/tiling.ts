import { RAD_PER_DEG, type SkyPosition, separationDeg } from '../../sky/sphere.ts';

/**
 * The sky in tiles of about one square degree: 180 zones of declination, each one degree high, cut into equal cells of
 * right ascension, as many as make a cell one degree wide in its middle (3 at the poles, 360 at the equator; 41,254 in
 * all). Tiles are numbered from the south pole, within a zone eastward from RA 0. A cell holds its western and southern
 * borders. Numbers stand in the database: the tiling can never change.
 */
const zones = 180;

interface Zone {
  readonly first: number;
  readonly cells: number;
}

const allZones: readonly Zone[] = (() => {
  const list: Zone[] = [];
  let first = 0;
  for (let zone = 0; zone < zones; zone++) {
    const cells = Math.max(3, Math.round(360 * Math.cos((zone - 89.5) * RAD_PER_DEG)));
    list.push({ first, cells });
    first += cells;
  }
  return list;
})();

export const tileCount = allZones[zones - 1]!.first + allZones[zones - 1]!.cells;

/** The number of the tile that holds a position (ICRS degrees, RA from 0 to below 360). */
export function tileOf({ raDeg, decDeg }: SkyPosition): number {
  const { first, cells } = allZones[zoneOf(decDeg)]!;
  return first + Math.min(cells - 1, Math.floor((raDeg / 360) * cells));
}

function zoneOf(decDeg: number): number {
  return Math.max(0, Math.min(zones - 1, Math.floor(decDeg + 90)));
}

/** Every tile that a circle touches; a few at its corners that it does not. */
export function tilesAround(centre: SkyPosition, radiusDeg: number): number[] {
  const tiles: number[] = [];
  const halfDeg = raHalfWidthDeg(centre.decDeg, radiusDeg);
  for (let zone = zoneOf(centre.decDeg - radiusDeg); zone <= zoneOf(centre.decDeg + radiusDeg); zone++) {
    const { first, cells } = allZones[zone]!;
    const west = Math.floor(((centre.raDeg - halfDeg) / 360) * cells);
    const east = Math.floor(((centre.raDeg + halfDeg) / 360) * cells);
    const count = Math.min(cells, east - west + 1);
    for (let k = 0; k < count; k++) tiles.push(first + ((((west + k) % cells) + cells) % cells));
  }
  return tiles;
}

/** How far in RA a circle reaches: sin(half width) = sin(radius) / cos(dec); all around at a pole. */
function raHalfWidthDeg(decDeg: number, radiusDeg: number): number {
  if (Math.abs(decDeg) + radiusDeg >= 90) return 180;
  return Math.asin(Math.sin(radiusDeg * RAD_PER_DEG) / Math.cos(decDeg * RAD_PER_DEG)) / RAD_PER_DEG;
}

/** The smallest circle about a tile's middle that holds all of it. */
export function circleAround(tile: number): SkyPosition & { readonly radiusDeg: number } {
  const { centre, border } = shapeOf(tile);
  const radiusDeg = Math.max(...border.map((corner) => separationDeg(centre, corner))) + 0.001;
  return { ...centre, radiusDeg };
}

/** Whether a circle holds all of a tile. */
export function isInside(tile: number, centre: SkyPosition, radiusDeg: number): boolean {
  // Between two of these points a border of constant declination bends outwards by less than this, at the poles too.
  const slackDeg = 0.035;
  return shapeOf(tile).border.every((corner) => separationDeg(centre, corner) <= radiusDeg - slackDeg);
}

function shapeOf(tile: number): { centre: SkyPosition; border: SkyPosition[] } {
  const zone = allZones.findLastIndex(({ first }) => first <= tile);
  const { first, cells } = allZones[zone]!;
  const ra = (cell: number): number => ((cell / cells) * 360) % 360;
  const cell = tile - first;
  const decDeg = zone - 90;
  return {
    centre: { raDeg: ra(cell + 0.5), decDeg: decDeg + 0.5 },
    border: [0, 0.25, 0.5, 0.75, 1].flatMap((east) =>
      [0, 1].map((north) => ({ raDeg: ra(cell + east), decDeg: decDeg + north })),
    ),
  };
}

/** The rows of each tile, by its number. */
export function rowsByTile(raDeg: Float64Array, decDeg: Float64Array): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < raDeg.length; row++) {
    const tile = tileOf({ raDeg: raDeg[row]!, decDeg: decDeg[row]! });
    const found = rows.get(tile);
    if (found) found.push(row);
    else rows.set(tile, [row]);
  }
  return rows;
}
