import type { RequestListener } from 'node:http';

export interface PatchedStatus {
  readonly id: number;
  readonly state: string;
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** An observation as `/api/schedule/` shows it; the parts given replace the usual ones. */
export function scheduled(id: number, changes: Readonly<Record<string, unknown>> = {}): FakeObservation {
  const { configurations, ...rest } = changes as { configurations?: object[] };
  return {
    ...{ id, site: 'tst', enclosure: 'doma', telescope: '1m0a', priority: 10, state: 'PENDING', ipp_value: 1.05 },
    ...{ start: '2026-12-01T20:00:00Z', end: '2026-12-01T21:00:00Z', name: 'microlensing', observation_type: 'NORMAL' },
    ...{ proposal: 'PR1', submitter: 'someone', request_group_id: 7, modified: '2026-12-01T18:00:00.123456Z' },
    request: {
      ...{ id: 70, acceptability_threshold: 90, configuration_repeats: 1, duration: 800 },
      configurations: configurations ?? [configurationOf(10 * id)],
    },
    ...rest,
  };
}

export interface FakeObservation {
  readonly id: number;
  state: string;
  readonly request: { readonly configurations: readonly object[] };
  readonly [key: string]: unknown;
}

export function configurationOf(statusId: number, changes: object = {}): object {
  return {
    ...{ id: statusId + 1, type: 'EXPOSE', instrument_type: '1M0-CAM', priority: 1, repeat_duration: null },
    ...{ configuration_status: statusId, state: 'PENDING', instrument_name: 'xx01', guide_camera_name: 'xx02' },
    target: {
      ...{ name: 'Gaia20fnr', type: 'ICRS', ra: 34.3217, dec: 8.7, proper_motion_ra: 0, proper_motion_dec: 0 },
      ...{ epoch: 2000, parallax: 0, hour_angle: null, extra_params: {} },
    },
    constraints: { max_airmass: 1.6, min_lunar_distance: 30, max_lunar_phase: 1, extra_params: {} },
    guiding_config: { mode: 'ON', optional: true, optical_elements: {}, exposure_time: null },
    acquisition_config: { mode: 'OFF' },
    instrument_configs: [
      {
        ...{ optical_elements: { filter: 'rp' }, mode: 'full_frame', exposure_time: 60, exposure_count: 3 },
        ...{ rotator_mode: '', rois: [], extra_params: { bin_x: 2, bin_y: 2 } },
      },
    ],
    ...changes,
  };
}

/**
 * The site's side of an OCS Observation Portal, written from its public source and examples: pages of `/api/schedule/`,
 * times that are compared as text, states of configurations that are final once they are, a staff token.
 */
export class FakePortal {
  readonly token = 'staff';
  lastScheduleTime = '2026-12-01T18:00:00Z';
  readonly observations = new Map<number, FakeObservation>();
  readonly patched: PatchedStatus[] = [];
  /** Asked for, as method and path. */
  readonly asked: string[] = [];
  /** Whether it knows BAD_DATA. */
  isOld = false;
  /** HTTP status by which it answers everything. */
  broken: number | undefined;
  #times = 0;

  schedule(...observations: FakeObservation[]): void {
    for (const observation of observations) this.observations.set(observation.id, observation);
    this.lastScheduleTime = new Date(Date.parse('2026-12-01T18:00:00Z') + 1000 * ++this.#times).toISOString();
  }

  readonly listener: RequestListener = (request, response) => {
    const url = new URL(request.url!, 'http://portal');
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    this.asked.push(`${request.method} ${url.pathname}`);
    if (this.broken !== undefined) return say(this.broken, { detail: 'broken' });
    if (request.headers.authorization !== `Token ${this.token}`) return say(403, { detail: 'Permission denied' });
    const query = (key: string) => url.searchParams.get(key) ?? undefined;
    const [, path, id] = /^\/api\/([a-z_]+)\/(?:(\d+)\/)?$/.exec(url.pathname) ?? [];
    if (path === 'last_scheduled') return say(200, { last_schedule_time: this.lastScheduleTime });
    if (path === 'schedule' && id !== undefined) {
      const found = this.observations.get(Number(id));
      return found ? say(200, found) : say(404, { detail: 'No Observation matches the given query.' });
    }
    if (path === 'schedule') {
      const after = query('end_after')!;
      const before = query('start_before')!;
      if (query('site') !== 'tst' || /Z$/.test(after) || /Z$/.test(before)) return say(400, { site: ['wrong'] });
      const rows = [...this.observations.values()].filter(
        ({ start, end }) => String(end) >= after && String(start) < before,
      );
      const [limit, offset] = [Math.min(2, Number(query('limit'))), Number(query('offset'))];
      const page = rows.slice(offset, offset + limit);
      const next = offset + limit < rows.length ? `http://portal/api/schedule/?offset=${offset + limit}` : null;
      return say(200, { count: rows.length, next, previous: null, results: page });
    }
    if (path === 'configurationstatus' && request.method === 'PATCH') {
      let body = '';
      request.on('data', (piece) => {
        body += String(piece);
      });
      request.on('end', () => {
        const change = JSON.parse(body) as Omit<PatchedStatus, 'id'>;
        if (this.isOld && change.state === 'BAD_DATA')
          return say(400, { state: ['"BAD_DATA" is not a valid choice.'] });
        this.#setState(Number(id), change.state);
        this.patched.push({ id: Number(id), ...change });
        say(200, { id: Number(id) });
      });
      return;
    }
    say(404, { detail: 'Not found.' });
  };

  #setState(statusId: number, state: string): void {
    for (const { request } of this.observations.values()) {
      for (const configuration of request.configurations) {
        const one = configuration as { configuration_status: number; state: string };
        if (one.configuration_status === statusId) one.state = state;
      }
    }
  }
}
