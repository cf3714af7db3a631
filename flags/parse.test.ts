import { describe, expect, test } from 'vitest';
import { parseFlags } from './parse.ts';
import type { ServerFlags } from './serverFlags.ts';
import { FLAG_NAMES, rowOf, type FlagName } from './table.ts';

const HOST = { hostname: 'box', user: 'ann' };

function parse(argv: readonly string[], env: Record<string, string | undefined> = {}): ServerFlags {
  const result = parseFlags(argv, env, HOST);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
function refusal(argv: readonly string[], env: Record<string, string | undefined> = {}): string {
  const result = parseFlags(argv, env, HOST);
  if (result.ok) throw new Error('was accepted');
  return result.error.message;
}
/** Command lines as one would type them. */
const line = (text: string): string[] => text.split(' ').filter((word) => word !== '');

describe('without flags', () => {
  test('every flag has its default', () => {
    const flags = parse([]);
    for (const name of FLAG_NAMES) {
      const expected = name === 'hostname' ? 'box' : name === 'mesos_user' ? 'ann' : rowOf(name).default;
      expect(flags[name], name).toEqual(expected);
    }
    expect(flags.given.size).toBe(0);
  });

  test('the real host gives its name and user', () => {
    const result = parseFlags([], {});
    expect(result).toMatchObject({ ok: true, value: { hostname: expect.stringMatching(/./), mesos_user: expect.stringMatching(/./) } });
  });
});

describe('spellings on the command line', () => {
  test.each<[string, FlagName, unknown]>([
    ['--http_port 8081', 'http_port', 8081],
    ['--http_port=8081', 'http_port', 8081],
    ['--http_port 1 --http_port 2', 'http_port', 2],
    ['--checkpoint', 'checkpoint', true],
    ['--disable_checkpoint', 'checkpoint', false],
    ['--checkpoint false', 'checkpoint', false],
    ['--checkpoint=true', 'checkpoint', true],
    ['--disable_checkpoint --checkpoint', 'checkpoint', true],
    ['--disable_ha --http_port 9', 'http_port', 9],
    ['--disable_metrics_prometheus', 'metrics_prometheus', false],
    ['--metrics_statsd', 'metrics_statsd', true],
    ['--insecure', 'insecure', true],
    ['--stop_tasks_on_exit', 'stop_tasks_on_exit', true],
    ['--data_dir /var/lib/longrun', 'data_dir', '/var/lib/longrun'],
    ['--data_dir=a=b', 'data_dir', 'a=b'],
    ['--resources cpus:4;mem:1024;ports:[31000-32000]', 'resources', 'cpus:4;mem:1024;ports:[31000-32000]'],
    ['--attributes rack:a;zone:west', 'attributes', 'rack:a;zone:west'],
    ['--enable_features vips,task_killing', 'enable_features', ['vips', 'task_killing']],
    ['--access_control_allow_origin *', 'access_control_allow_origin', ['*']],
    ['--new_group_enforce_role TOP', 'new_group_enforce_role', 'top'],
    ['--logging_level WARN', 'logging_level', 'warn'],
    ['--max_unknown_kills 0.25', 'max_unknown_kills', 0.25],
    ['--http_credentials ann:se:cret', 'http_credentials', 'ann:se:cret'],
    ['--http_address 0.0.0.0 --insecure', 'http_address', '0.0.0.0'],
    ['--http_address 0.0.0.0 --http_credentials a:b', 'http_address', '0.0.0.0'],
    ['--http_address 127.0.0.2', 'http_address', '127.0.0.2'],
    ['--http_address ::1', 'http_address', '::1'],
    ['--http_address localhost', 'http_address', 'localhost'],
    ['--zk zk://localhost:2181/marathon', 'zk', 'zk://localhost:2181/marathon'],
    ['--master local', 'master', 'local'],
    ['--max_apps 0', 'max_apps', 0],
  ])('%s', (text, name, value) => {
    const flags = parse(line(text));
    expect(flags[name]).toEqual(value);
    expect(flags.given.has(name)).toBe(true);
  });

  test.each([['--help'], ['-h'], ['--http_port 1 --help'], ['--nonsense --help'], ['--http_address 0.0.0.0 --help']])(
    '%s: help, whatever else is said',
    (text) => {
      expect(parse(line(text)).help).toBe(true);
    },
  );
  test('-v: version', () => {
    expect(parse(['-v']).version).toBe(true);
  });
});

describe('environment', () => {
  test.each<[Record<string, string>, FlagName, unknown]>([
    [{ MARATHON_HTTP_PORT: '8081' }, 'http_port', 8081],
    [{ MARATHON_DISABLE_HA: '' }, 'ha', false],
    [{ MARATHON_HA: '' }, 'ha', true],
    [{ MARATHON_HA: 'false' }, 'ha', false],
    [{ MARATHON_INSECURE: '' }, 'insecure', true],
    [{ MARATHON_ENABLE_FEATURES: 'vips' }, 'enable_features', ['vips']],
    [{ MESOSPHERE_HTTP_CREDENTIALS: 'a:b' }, 'http_credentials', 'a:b'],
    [{ MESOSPHERE_HTTP_CREDENTIALS: 'a:b', MARATHON_HTTP_CREDENTIALS: 'c:d' }, 'http_credentials', 'c:d'],
    [{ MESOSPHERE_KEYSTORE_PATH: '/k', MESOSPHERE_KEYSTORE_PASS: 'p' }, 'ssl_keystore_path', '/k'],
    [{ MESOSPHERE_KEYSTORE_PATH: '/k', MESOSPHERE_KEYSTORE_PASS: 'p' }, 'ssl_keystore_password', 'p'],
  ])('%j', (env, name, value) => {
    expect(parse([], env)[name]).toEqual(value);
  });

  test('MARATHON_APP_*, MARATHON_URL and everything else is no flag', () => {
    const env = { MARATHON_APP_ID: '/x', MARATHON_APP_VERSION: 'v', MARATHON_URL: 'http://m', PATH: '/bin', marathon_http_port: '7' };
    expect(parse([], env).given.size).toBe(0);
  });

  test('the command line wins', () => {
    expect(parse(line('--http_port 1'), { MARATHON_HTTP_PORT: '2' }).http_port).toBe(1);
    expect(parse(line('--ha'), { MARATHON_DISABLE_HA: '' }).ha).toBe(true);
  });

  test.each([
    [{ MARATHON_NONSENSE: '1' }, /^MARATHON_NONSENSE: there is no such flag; the nearest is --/],
    [{ MARATHON_HTTP_PORT: 'x' }, "MARATHON_HTTP_PORT: expected a whole number (port) from 0 to 65535, not 'x'"],
    [{ MARATHON_HTTP_PORT: '' }, 'MARATHON_HTTP_PORT: a value is missing'],
    [{ MESOSPHERE_HTTP_CREDENTIALS: 'secret' }, 'MESOSPHERE_HTTP_CREDENTIALS: expected user:password'],
  ])('%j is refused, naming the variable', (env, message) => {
    expect(refusal([], env)).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});

describe('refused', () => {
  test.each([
    ['--http_prot 1', '--http_prot: there is no such flag; the nearest is --http_port'],
    ['--http-port 1', '--http-port: there is no such flag; the nearest is --http_port'],
    ['--disable_chekpoint', '--disable_chekpoint: there is no such flag; the nearest is --disable_checkpoint'],
    ['--disable_http_port', '--disable_http_port: there is no such flag; the nearest is --disable_http'],
    ['--max_tasks_per_offer 5', '--max_tasks_per_offer: Marathon removed this flag: use --max_instances_per_offer'],
    ['--event_subscriber http_callback', '--event_subscriber: Marathon removed this flag: subscribe to /v2/events'],
    ['--disable_revive_offers_for_new_apps', /^--disable_revive_offers_for_new_apps: Marathon removed this flag: /],
    ['app.json', "'app.json' is no flag: flags begin with --"],
    ['--', "'--' is no flag: flags begin with --"],
    ['--http_port', '--http_port: a value is missing'],
    ['--http_port --insecure', '--http_port: a value is missing'],
    ['--http_port 65536', "--http_port: expected a whole number (port) from 0 to 65535, not '65536'"],
    ['--http_port -1', "--http_port: expected a whole number (port) from 0 to 65535, not '-1'"],
    ['--http_port 80.5', /^--http_port: expected a whole number/],
    ['--http_port 0x50', /^--http_port: expected a whole number/],
    ['--task_launch_timeout 5m', /^--task_launch_timeout: expected a whole number \(ms\) from 0 to \d+, not '5m'$/],
    ['--kill_chunk_size 0', /^--kill_chunk_size: expected a whole number from 1 to/],
    ['--checkpoint=maybe', "--checkpoint: expected true or false, or no value, not 'maybe'"],
    ['--new_group_enforce_role bottom', "--new_group_enforce_role: expected one of off, top, not 'bottom'"],
    ['--enable_features vips,warp', /^--enable_features: 'warp' is not one of vips, /],
    ['--webui_url example.org', "--webui_url: expected http://… or https://…, not 'example.org'"],
    ['--max_unknown_kills 1.5', "--max_unknown_kills: expected a number from 0 to 1, not '1.5'"],
    ['--http_credentials nopassword', '--http_credentials: expected user:password'],
    ['--data_dir=', "--data_dir: expected some text, not ''"],
    ['--master zk://u:p@h:2181/mesos', "--master: running on Mesos is not yet possible; use --master local (given: 'zk://h:2181/mesos')"],
    ['--master http://h:5050', /^--master: running on Mesos is not yet possible/],
    ['--master h:5050', /^--master: running on Mesos is not yet possible/],
    ['--master somewhere', "--master: expected local, not 'somewhere'"],
    ['--http_address 0.0.0.0', /^--http_address: on '0\.0\.0\.0', whoever reaches this port can run commands: give --http_credentials/],
    ['--http_address ::', /^--http_address: on '::'/],
    ['--http_address 127.evil.example', /^--http_address: on '127\.evil\.example'/],
    ['--disable_http', '--disable_http: needs HTTPS, which is not yet possible'],
    ['--local_port_min 30000', '--local_port_min: 30000 is above --local_port_max 20000'],
    ['--local_port_min 0', '--local_port_min: expected a port from 1 on'],
    ['--plugin_dir /p', '--plugin_dir: goes with --plugin_conf: give both or none'],
    ['--mesos_role a/b', "--mesos_role: 'a/b' is no role"],
    ['--env_vars_prefix 1X', "--env_vars_prefix: '1X' cannot begin the name of a variable"],
  ])('%s', (text, message) => {
    expect(refusal(line(text))).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});
