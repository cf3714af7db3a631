import { describe, expect, test } from 'vitest';
import { warningsOf } from './conflicts.ts';
import { helpText } from './help.ts';
import { parseValue, standsAlone, type Kind } from './kinds.ts';
import { allSpellings, parseFlags } from './parse.ts';
import { REMOVED_FLAGS } from './removed.ts';
import { FLAG_NAMES, rowOf } from './table.ts';

/** Marathon 1.11's flags with their defaults, as its documentation and its recorded `/v2/info` have them. */
const MARATHON = `
master zk zk_timeout=10000 zk_session_timeout=10000 zk_connection_timeout=10000 zk_max_versions=50 zk_compression=true
zk_compression_threshold=65536 zk_max_node_size=1024000 internal_store_backend store_cache=true group_versions_cache_size=1000
storage_compaction_interval=30 storage_compaction_scan_batch_size=32 ha=true hostname webui_url http_address http_port=8080 https_address
https_port=8443 disable_http=false ssl_keystore_path ssl_keystore_password http_credentials http_realm=Mesosphere http_compression=true
http_max_concurrent_requests access_control_allow_origin leader_proxy_connection_timeout=5000 leader_proxy_read_timeout=10000
leader_proxy_max_open_connections=64 leader_proxy_ssl_ignore_hostname=false framework_name=marathon mesos_role=* new_group_enforce_role=off
accepted_resource_roles_default_behavior=any default_accepted_resource_roles mesos_user mesos_authentication=false
mesos_authentication_principal mesos_authentication_secret mesos_authentication_secret_file mesos_leader_ui_url failover_timeout=604800
checkpoint=true executor=//cmd local_port_min=10000 local_port_max=20000 default_network_name mesos_bridge_name=mesos-bridge env_vars_prefix
max_apps enable_features deprecated_features max_running_deployments=100 task_launch_confirm_timeout=300000 task_launch_timeout=300000
task_reservation_timeout=20000 task_lost_expunge_initial_delay=300000 task_lost_expunge_interval=30000 reconciliation_initial_delay=15000
reconciliation_interval=600000 scale_apps_initial_delay=15000 scale_apps_interval=300000 launch_tokens launch_token_refresh_interval=30000
max_instances_per_offer offer_matching_timeout=3000 decline_offer_duration=120000 min_revive_offers_interval=5000 suppress_offers=true
mesos_offer_constraints=false min_mesos_offer_constraints_update_interval=1000 draining_seconds=0 maintenance_mode=true
gpu_scheduling_behavior=restricted kill_chunk_size=100 kill_retry_timeout=30000 max_concurrent_marathon_health_checks=256
event_stream_max_outstanding_messages=1024 on_elected_prepare_timeout=180000 graceful_shutdown_timeout=45000 mesos_heartbeat_interval=15000
mesos_heartbeat_failure_threshold=5 metrics_name_prefix=marathon metrics_prometheus=true metrics_statsd=false metrics_statsd_host
metrics_statsd_port metrics_statsd_transmission_interval_ms=10000 metrics_datadog=false metrics_datadog_protocol=udp metrics_datadog_host
metrics_datadog_port metrics_datadog_api_key metrics_datadog_transmission_interval_ms=10000
metrics_histogram_reservoir_significant_digits=3 metrics_histogram_reservoir_reset_periodically=true
metrics_histogram_reservoir_resetting_interval_ms=5000 metrics_histogram_reservoir_resetting_chunks plugin_dir plugin_conf backup_location
logging_level logstash sentry sentry_tags`
  .split(/\s+/)
  .filter((word) => word !== '')
  .map((word) => word.split('='));

/** Where we differ on purpose, or where Marathon has no default. */
const OURS = new Map<string, unknown>([
  ['master', 'local'],
  ['http_address', '127.0.0.1'],
  ['internal_store_backend', 'file'],
  ['metrics_histogram_reservoir_resetting_chunks', 0],
]);

test.each(MARATHON.map(([name, value]) => ({ name: name ?? '', value })))(
  'Marathon’s --$name is known, default $value',
  ({ name, value }) => {
    const row = rowOf(FLAG_NAMES.find((known) => known === name) ?? expect.fail(`--${name} is missing`));
    if (OURS.has(name)) expect(row.default).toEqual(OURS.get(name));
    else expect(row.default === null ? undefined : String(row.default)).toEqual(value);
  },
);

test('no flag but Marathon’s and our own', () => {
  const own = ['help', 'version', 'data_dir', 'resources', 'attributes', 'stop_tasks_on_exit', 'insecure', 'max_unknown_kills', 'restore'];
  const known = new Set([...MARATHON.map(([name]) => name), ...own]);
  expect(FLAG_NAMES.filter((name) => !known.has(name))).toEqual([]);
});

test.each(FLAG_NAMES.map((name) => ({ name, ...rowOf(name) })))(
  '--$name: a default of its kind, a sentence, one spelling',
  ({ name, kind, default: fallback, meaning }) => {
    if (fallback !== null) {
      const text = Array.isArray(fallback) ? fallback.join(',') : String(fallback);
      expect(parseValue(kind, text)).toEqual({ ok: true, value: fallback });
    } else expect(standsAlone(kind)).toBe(false);
    expect(meaning).toMatch(/^\S.*[.?)]$/);
    expect(allSpellings().filter((spelling) => spelling === name)).toHaveLength(1);
    expect(Object.hasOwn(REMOVED_FLAGS, name)).toBe(false);
  },
);

describe('values', () => {
  test.each<[Kind['is'], Kind, string, unknown]>([
    ['text', { is: 'text' }, 'a b', 'a b'],
    ['list', { is: 'list', of: null }, 'http://a, http://b,', ['http://a', 'http://b']],
    ['list', { is: 'list', of: null }, ',', null],
    ['whole', { is: 'whole', min: 0, max: 10, unit: '' }, '10', 10],
    ['whole', { is: 'whole', min: 0, max: 10, unit: '' }, '11', null],
    ['whole', { is: 'whole', min: 0, max: 10, unit: '' }, '', null],
    ['whole', { is: 'whole', min: 0, max: 10, unit: '' }, '1e1', null],
    ['whole', { is: 'whole', min: 0, max: 10, unit: '' }, '99999999999999999999', null],
    ['share', { is: 'share' }, '0', 0],
    ['share', { is: 'share' }, '-0.1', null],
    ['share', { is: 'share' }, '', null],
    ['url', { is: 'url', schemes: ['http'] }, 'http://h:1/x', 'http://h:1/x'],
    ['url', { is: 'url', schemes: ['http'] }, 'ftp://h', null],
    ['credentials', { is: 'credentials' }, ':x', null],
    ['credentials', { is: 'credentials' }, 'x:', null],
    ['choice', { is: 'choice', of: ['a', 'b'] }, 'B', 'b'],
    ['choice', { is: 'choice', of: ['a', 'b'] }, 'c', null],
    ['toggle', { is: 'toggle' }, '', true],
    ['switch', { is: 'switch' }, 'false', false],
  ])('%s %j: %j', (_, kind, raw, value) => {
    const result = parseValue(kind, raw);
    expect(result.ok ? result.value : null).toEqual(value);
  });
});

describe('--help', () => {
  const help = helpText();
  const [active = '', passive = ''] = help.split('Accepted, not yet active');

  test.each(FLAG_NAMES.map((name) => ({ name, active: rowOf(name).active })))('--$name stands in its part (active: $active)', (row) => {
    const entry = new RegExp(`^  --(\\[disable_\\])?${row.name}( |$)`, 'm');
    expect(entry.test(active)).toBe(row.active);
    expect(entry.test(passive)).toBe(!row.active);
  });

  test('no line is wider than a terminal of 120', () => {
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});

describe('warnings at the start', () => {
  const warnings = (...argv: string[]): string[] => {
    const flags = parseFlags(argv, {}, { hostname: 'h', user: 'u' });
    return flags.ok ? warningsOf(flags.value) : [flags.error.message];
  };
  test.each([
    [[], []],
    [['--http_port', '1'], []],
    [['--sentry', 'x'], ['--sentry is accepted, but has no effect yet']],
    [
      ['--zk', 'zk://h/p'],
      ['--zk is accepted, but has no effect yet', 'the state is kept in ./data, not in ZooKeeper: this server leads alone'],
    ],
    [['--internal_store_backend', 'zk'], ['the state is kept in ./data, not in ZooKeeper: this server leads alone']],
  ])('%j', (argv, expected) => {
    expect(warnings(...argv)).toEqual(expected);
  });
});
