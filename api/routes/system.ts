import type { Metrics, Samples } from '../../observe/metrics.ts';
import { metricsJson } from '../../observe/metricsJson.ts';
import { prometheusText } from '../../observe/prometheus.ts';
import type { LogControl } from '../../observe/logControl.ts';
import { parseLogLevel } from '../../observe/log.ts';
import type { Orchestra } from '../../core/view.ts';
import { empty, json, jsonText, JSON_TYPE, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import { readJson } from '../http/body.ts';
import { negotiate } from '../http/negotiate.ts';
import type { Resource } from '../http/router.ts';
import { clusterSamples } from '../samples.ts';
import { invalid, wrongShape } from '../refusal.ts';
import type { ServerInfo } from '../options.ts';

/** `/ping`: answers at once, on any member; the form is the client's choice. */
export function pingResource(): Resource {
  const ping = ({ headers }: Exchange): Answer => {
    const type = negotiate(headers.accept, ['text/plain', 'text/html', JSON_TYPE]);
    if (type === null) return empty(204);
    return {
      status: 200,
      type,
      body: type === JSON_TYPE ? '"pong"' : 'pong',
      headers: { Vary: ['Accept', 'Accept-Encoding, User-Agent'] },
    };
  };
  return { path: '/ping', routes: [{ path: /^$/, methods: { GET: ping }, produces: null }] };
}

/** `/metrics` and `/metrics/prometheus`. */
export function metricsResource(orchestra: Orchestra, metrics: Metrics, prometheus: boolean): Resource {
  const samples = async (): Promise<Samples> => {
    const totals = await orchestra.read((view) => view.totals());
    return clusterSamples(totals, orchestra.standing(), metrics.clock.now());
  };
  const text = async (): Promise<Answer> => ({ status: 200, type: 'text/plain', body: prometheusText(metrics, await samples()) });
  return {
    path: '/metrics',
    routes: [
      {
        path: /^$/,
        methods: {
          // Scrapers that say they like text better get it; all others get JSON, as from Marathon.
          GET: async ({ headers }) => {
            const asText = prometheus && negotiate(headers.accept, [JSON_TYPE, 'text/plain']) === 'text/plain';
            return asText ? text() : jsonText(metricsJson(metrics, await samples()));
          },
        },
        produces: null,
      },
      {
        path: /^\/prometheus$/,
        methods: { GET: () => (prometheus ? text() : notFound('Prometheus reporter is disabled')) },
        produces: null,
      },
    ],
  };
}

/** `/logging`: levels, and changing one for a while. */
export function loggingResource(control: LogControl): Resource {
  return {
    path: '/logging',
    routes: [{ path: /^$/, methods: { GET: () => json(200, control.levels()), POST: ({ body }) => setLevel(control, body) } }],
  };
}

function setLevel(control: LogControl, body: Buffer | null): Answer {
  const parsed = readJson(body);
  if (!parsed.ok) return parsed.error;
  const value = parsed.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrongShape([{ path: '', errors: ['error.expected.jsobject'] }]);
  }
  const { level, logger, durationSeconds }: { level?: unknown; logger?: unknown; durationSeconds?: unknown } = value;
  if (typeof level !== 'string') return wrongShape([{ path: '/level', errors: ['error.expected.jsstring'] }]);
  if (typeof logger !== 'string') return wrongShape([{ path: '/logger', errors: ['error.expected.jsstring'] }]);
  const known = parseLogLevel(level);
  if (known === null) return wrongShape([{ path: '/level', errors: ['error.unknown.enum.literal'] }]);
  if (logger === '') return invalid([{ path: '/logger', errors: ['must not be empty'] }]);
  const seconds = durationSeconds ?? null;
  if (seconds !== null && (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1)) {
    return wrongShape([{ path: '/durationSeconds', errors: [typeof seconds === 'number' ? 'error.min' : 'error.expected.jsnumber'] }]);
  }
  control.set(logger, known, seconds);
  return json(200, { level: known, logger, durationSeconds: seconds ?? undefined });
}

/** `/config`: what this server was started with. */
export function configResource(info: ServerInfo): Resource {
  const config = { marathon: info.marathonConfig, zookeeper: info.zookeeperConfig, http: info.httpConfig };
  return { path: '/config', routes: [{ path: /^$/, methods: { GET: () => json(200, config) } }] };
}
