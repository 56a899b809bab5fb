import type { RequestListener } from 'node:http';
import { Random } from '../../base/random.ts';
import { separationDeg } from '../../sky/sphere.ts';
import { drawStars } from './stellar-colours.ts';

/** What a catalogue service holds of one star, by the archive's names of columns; blank where absent. */
export type GaiaRow = Record<string, string>;

const jkc = ['U', 'B', 'V', 'R', 'I'] as const;
const sdss = ['u', 'g', 'r', 'i', 'z'] as const;

/** A made-up sky about a position, `perSquareDeg` stars to G 18, synthetic photometry to G 17. */
export function gaiaRows(raDeg: number, decDeg: number, sizeDeg: number, perSquareDeg: number, seed = 7): GaiaRow[] {
  const random = new Random(seed);
  const stars = drawStars(random, Math.round(perSquareDeg * sizeDeg ** 2), 9, 18, 0.1);
  const cosDec = Math.cos((decDeg * Math.PI) / 180);
  return stars.map((star, k) => {
    const row: GaiaRow = {
      source_id: String(4_500_000_000_000_000_000n + BigInt(k) * 1_000_003n),
      ra: String((raDeg + ((random.uniform() - 0.5) * sizeDeg) / cosDec + 360) % 360),
      dec: String(decDeg + (random.uniform() - 0.5) * sizeDeg),
      ref_epoch: '2016.0',
      pmra: (10 * random.normal()).toFixed(3),
      pmdec: (10 * random.normal()).toFixed(3),
      ruwe: k % 50 === 0 ? '2.5' : '1.02',
      phot_variable_flag: k % 40 === 1 ? 'VARIABLE' : 'NOT_AVAILABLE',
      non_single_star: '0',
    };
    for (const [band, mag] of [
      ['g', star.G],
      ['bp', star.BP],
      ['rp', star.RP],
    ] as const) {
      row[`phot_${band}_mean_mag`] = mag.toFixed(6);
      row[`phot_${band}_mean_flux_over_error`] = '500.0';
    }
    if (star.G >= 17) return row;
    row.c_star = '0.001';
    for (const [names, system] of [
      [jkc, 'jkc'],
      [sdss, 'sdss'],
    ] as const) {
      for (const name of names) {
        const stem = `${name.toLowerCase()}_${system}`;
        row[`${stem}_mag`] = star[name].toFixed(5);
        row[`${stem}_flux`] = '1.0E-16';
        row[`${stem}_flux_error`] = '1.0E-18';
        row[`${stem}_flag`] = k % 30 === 2 ? '0' : '1';
      }
    }
    return row;
  });
}

/** The archive's names in VizieR's words. */
const vizierNames: Readonly<Record<string, string>> = {
  ...{ source_id: 'Source', ra: 'RA_ICRS', dec: 'DE_ICRS', pmra: 'pmRA', pmdec: 'pmDE', ruwe: 'RUWE' },
  ...{ phot_variable_flag: 'VarFlag', non_single_star: 'NSS' },
  ...{ phot_g_mean_mag: 'Gmag', phot_bp_mean_mag: 'BPmag', phot_rp_mean_mag: 'RPmag' },
  ...Object.fromEntries(
    [...jkc.map((name) => [name, 'jkc']), ...sdss.map((name) => [name, 'sdss'])].flatMap(([name, system]) => {
      const stem = `${name!.toLowerCase()}_${system}`;
      return [
        [`${stem}_mag`, `${name}mag`],
        [`${stem}_flux`, `F${name}`],
        [`${stem}_flux_error`, `e_F${name}`],
        [`${stem}_flag`, `${name}Flag`],
      ];
    }),
  ),
};

/** A VOTable as services send it: status, fields, rows, and OVERFLOW behind them. */
export function votable(names: readonly string[], rows: readonly (readonly string[])[], overflow = false): string {
  const fields = names.map(
    (name) => `<FIELD ID="${name}" datatype="double" name="${name}"><DESCRIPTION>x</DESCRIPTION></FIELD>`,
  );
  const lines = rows.map(
    (row) => `<TR>${row.map((cell) => (cell === '' ? '<TD/>' : `<TD>${cell}</TD>`)).join('')}</TR>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/>
<INFO name="QUERY" value="SELECT"><![CDATA[SELECT <TABLEDATA> a <b]]></INFO>
<TABLE>
${fields.join('\n')}
<DATA><TABLEDATA>
${lines.join('\n')}
</TABLEDATA></DATA></TABLE>
${overflow ? '<INFO name="QUERY_STATUS" value="OVERFLOW"/>\n' : ''}</RESOURCE>
</VOTABLE>
`;
}

export function errorTable(text: string): string {
  return `<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">${text}</INFO></RESOURCE></VOTABLE>`;
}

export interface ServiceBehaviour {
  /** Rows the service sends at most, whatever is asked for. */
  readonly cap?: number;
  /** Turns a good answer into another one. */
  readonly spoil?: (body: string) => { status?: number; body: string } | 'hang up';
  /** Queries it had, and how many at once at most. */
  readonly seen?: { queries: string[]; atOnce: number };
}

/** A TAP service (sync and async) and a VizieR in one, over made-up rows. */
export function gaiaService(rows: readonly GaiaRow[], behaviour: ServiceBehaviour = {}): RequestListener {
  let running = 0;
  const jobs = new Map<string, string>();
  return async (request, response) => {
    const { seen, spoil } = behaviour;
    running++;
    if (seen) seen.atOnce = Math.max(seen.atOnce, running);
    let text = '';
    for await (const piece of request) text += String(piece);
    const url = new URL(request.url!, 'http://localhost');
    const form = new URLSearchParams(text);
    const query = form.get('QUERY') ?? '';
    seen?.queries.push(url.pathname.includes('viz-bin') ? url.search : query);
    const send = (status: number, body: string, headers = {}) => {
      running--;
      response.writeHead(status, { 'content-type': 'application/x-votable+xml', ...headers }).end(body);
    };
    if (url.pathname.endsWith('/tap/async')) {
      const id = String(jobs.size + 1);
      jobs.set(id, tapAnswer(rows, query, behaviour.cap));
      return send(303, '', { location: `http://${request.headers.host}/tap/async/${id}` });
    }
    const job = /\/tap\/async\/(\d+)(\/.*)?$/.exec(url.pathname);
    if (job) return send(200, job[2] === '/phase' ? 'COMPLETED' : (jobs.get(job[1]!) ?? ''));
    const body = url.pathname.includes('viz-bin')
      ? vizierAnswer(rows, url.searchParams)
      : tapAnswer(rows, query, behaviour.cap);
    const spoilt = spoil?.(body);
    if (spoilt === 'hang up') {
      running--;
      response.writeHead(200, { 'content-length': String(body.length) });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    }
    send(spoilt?.status ?? 200, spoilt?.body ?? body);
  };
}

function tapAnswer(rows: readonly GaiaRow[], adql: string, cap = Number.POSITIVE_INFINITY): string {
  const [, top, select] = /^SELECT TOP (\d+) (.*?) FROM /.exec(adql)!;
  const [, ra, dec, radius] = /CIRCLE\('ICRS',([-\d.]+),([-\d.]+),([\d.]+)\)/.exec(adql)!.map(Number);
  const depth = Number(/mag"?<([\d.]+)/.exec(adql)![1]);
  const isVizier = adql.includes('I/355');
  const names = select!.split(',').map((name) => name.replace(/^[gp]\./, '').replaceAll('"', ''));
  const found = inCone(rows, ra!, dec!, radius!).filter((row) => Number(row.phot_g_mean_mag) < depth);
  const most = Math.min(Number(top), cap);
  return votable(
    names,
    found.slice(0, most).map((row) => cells(row, names, isVizier)),
    found.length > cap,
  );
}

function vizierAnswer(rows: readonly GaiaRow[], query: URLSearchParams): string {
  const [ra, dec] = query.get('-c')!.split(' ').map(Number);
  const names = query.get('-out')!.split(',');
  const depth = Number(query.get('Gmag')?.slice(1) ?? 99);
  const isSynthetic = query.get('-source') === 'I/360/syntphot';
  const found = inCone(rows, ra!, dec!, Number(query.get('-c.rd'))).filter(
    (row) => Number(row.phot_g_mean_mag) < depth && (!isSynthetic || row.v_jkc_mag !== undefined),
  );
  const most = Number(query.get('-out.max') ?? 50);
  return votable(
    names,
    found.slice(0, most).map((row) => cells(row, names, true)),
  );
}

function inCone(rows: readonly GaiaRow[], raDeg: number, decDeg: number, radiusDeg: number): GaiaRow[] {
  return rows
    .filter((row) => separationDeg({ raDeg: Number(row.ra), decDeg: Number(row.dec) }, { raDeg, decDeg }) <= radiusDeg)
    .sort((a, b) => Number(a.phot_g_mean_mag) - Number(b.phot_g_mean_mag));
}

function cells(row: GaiaRow, names: readonly string[], isVizier: boolean): string[] {
  const named = isVizier
    ? Object.fromEntries(Object.entries(row).map(([name, cell]) => [vizierNames[name] ?? name, cell]))
    : row;
  return names.map((name) => named[name] ?? '');
}
