import {
  choice,
  count,
  credentials,
  list,
  millis,
  onOff,
  port,
  seconds,
  share,
  text,
  toggle,
  url,
  type FlagValue,
  type Kind,
} from './kinds.ts';

/** One flag. `default` null: unset. `active` false: taken and checked, but nothing listens to it yet. */
export interface FlagRow {
  readonly kind: Kind;
  readonly default: FlagValue;
  readonly active: boolean;
  readonly group: FlagGroup;
  readonly meaning: string;
}

/** Headings of `--help`, in its order. */
export const FLAG_GROUPS = [
  'Where it runs',
  'Web server',
  'Apps and deployments',
  'Tasks',
  'Launching',
  'Health',
  'Metrics, events, log',
  'Store',
  'Cluster',
] as const;
export type FlagGroup = (typeof FLAG_GROUPS)[number];

/** Marathon's features; what each does is said where it is asked for. */
const FEATURES = ['vips', 'task_killing', 'external_volumes', 'secrets', 'gpu_resources'] as const;

const row =
  (active: boolean) =>
  (group: FlagGroup) =>
  <K extends Kind, const D extends FlagValue>(kind: K, fallback: D, meaning: string) => ({
    kind,
    default: fallback,
    active,
    group,
    meaning,
  });
const now = row(true);
const later = row(false);

const where = now('Where it runs');
const web = now('Web server');
const apps = now('Apps and deployments');
const tasks = now('Tasks');
const launch = now('Launching');
const health = now('Health');
const watch = now('Metrics, events, log');
const laterWeb = later('Web server');
const laterTasks = later('Tasks');
const laterLaunch = later('Launching');
const laterWatch = later('Metrics, events, log');
const laterStore = later('Store');
const laterCluster = later('Cluster');

/**
 * Every flag of the server, by Marathon's name (and our own: marked so). The only place where flags are listed: parsing, types,
 * `--help` and the tests read this table.
 */
export const FLAGS = {
  help: where(onOff, false, 'Print this text and end.'),
  version: where(onOff, false, 'Print the version and end.'),
  master: where(text, 'local', 'Where tasks run. local: on this host, by the embedded engine. (zk://… and http://… for Mesos: not yet.)'),
  data_dir: where(text, './data', 'Own. Folder for everything that must outlive the server: store, sandboxes. One server per folder.'),
  restore: where(
    text,
    null,
    'Own. Put this backup in the place of the store in --data_dir, then end. The former store is kept beside it under a dated name.',
  ),
  resources: where(
    text,
    null,
    "Own. What this host gives to tasks, in Mesos' notation: cpus:4;mem:8192;disk:10000;ports:[31000-32000]. Default: found out.",
  ),
  attributes: where(text, null, "Own. This host's attributes for constraints, in Mesos' notation: rack:a;zone:west."),
  hostname: where(text, null, 'Name or address that others reach this host by; tasks see it as HOST. Default: the name of the host.'),
  stop_tasks_on_exit: where(
    onOff,
    false,
    'Own. Kill all tasks when the server ends. Without it they go on and are adopted by the next start.',
  ),
  max_unknown_kills: where(
    share,
    0.5,
    'Own. Share of the running instances that one look at the engine may declare gone before a person is asked.',
  ),

  http_address: web(
    text,
    '127.0.0.1',
    'Address to listen on. Any but loopback needs --http_credentials, or --insecure. (Marathon: all addresses.)',
  ),
  http_port: web(port, 8080, 'Port to listen on; 0: any free one.'),
  http_credentials: web(
    credentials,
    null,
    'user:password asked of every request (Basic auth). Better given as MARATHON_HTTP_CREDENTIALS: a command line can be read by all users.',
  ),
  http_realm: web(text, 'Mesosphere', 'Realm shown to who must log in.'),
  insecure: web(
    onOff,
    false,
    'Own. Listen on other addresses than loopback without credentials: whoever reaches the port can run commands.',
  ),
  http_compression: web(toggle, true, 'Compress responses for clients that ask for it.'),
  http_max_concurrent_requests: web(count(1), null, 'Requests at work at the same time; above it: 503. Default: no bound.'),
  access_control_allow_origin: web(list, null, 'Origins whose pages may call the API (CORS), or *.'),
  webui_url: web(url('http', 'https'), null, 'Address of the web UI, as others see it.'),
  mesos_leader_ui_url: web(url('http', 'https'), null, "Address of the Mesos UI, for the UI's links."),
  graceful_shutdown_timeout: web(millis, 45_000, 'How long an end may take before it is forced.'),

  max_apps: apps(count(0), null, 'How many apps there may be. Default: no bound.'),
  max_running_deployments: apps(count(1), 100, 'Deployments at work at the same time; above it a change needs force=true.'),
  zk_max_versions: apps(count(1), 50, 'Versions of an app that can be read back.'),
  local_port_min: apps(port, 10_000, 'First service port to give out.'),
  local_port_max: apps(port, 20_000, 'Last service port to give out.'),
  default_network_name: apps(text, null, 'Container network of apps that name none.'),
  mesos_bridge_name: apps(text, 'mesos-bridge', 'CNI network that stands for container/bridge.'),
  enable_features: apps({ is: 'list', of: FEATURES }, null, `Features to allow: ${FEATURES.join(', ')}.`),
  mesos_role: apps(text, '*', 'Role of the apps that name none.'),
  new_group_enforce_role: apps(
    choice('off', 'top'),
    'off',
    "enforceRole of new top-level groups: off, or top: apps take the group's name as their role.",
  ),
  accepted_resource_roles_default_behavior: apps(
    choice('any', 'unreserved', 'reserved'),
    'any',
    'Which resources an app takes that does not say: any, unreserved, reserved.',
  ),

  mesos_user: tasks(text, null, 'User that tasks run as when the app names none. Default: the user of the server.'),
  env_vars_prefix: tasks(text, null, "Put before the names of the task's variables for ports and the host."),
  task_launch_confirm_timeout: tasks(millis, 300_000, 'A task that is not staging after this time is given up.'),
  task_launch_timeout: tasks(millis, 300_000, 'A task that is not running after this time is killed.'),
  kill_chunk_size: tasks(count(1), 100, 'Kills under way at the same time.'),
  kill_retry_timeout: tasks(millis, 30_000, 'A kill without effect is given again after this time.'),
  reconciliation_interval: tasks(millis, 600_000, 'How often what is known of the tasks is compared with the engine.'),
  gpu_scheduling_behavior: tasks(
    choice('restricted', 'unrestricted'),
    'restricted',
    'Whether tasks without GPUs may use hosts that have some.',
  ),

  launch_tokens: launch(count(1), null, 'Launches per refresh interval. Default: no bound. (Marathon: 100.)'),
  launch_token_refresh_interval: launch(millis, 30_000, 'How often launch tokens come back.'),
  max_instances_per_offer: launch(count(1), null, 'Instances to start from one offer. Default: no bound. (Marathon: 5.)'),
  decline_offer_duration: launch(millis, 120_000, 'How long an offer that nobody needs is sent away for.'),
  min_revive_offers_interval: launch(millis, 5_000, 'Least time between two requests for all offers.'),

  max_concurrent_marathon_health_checks: health(count(1), 256, 'Health and readiness probes under way at the same time.'),

  event_stream_max_outstanding_messages: watch(count(1), 1_024, 'Unread events after which a subscriber is cut off.'),
  metrics_name_prefix: watch(text, 'marathon', 'First part of the name of each metric.'),
  metrics_prometheus: watch(toggle, true, 'Metrics for Prometheus at /metrics/prometheus.'),
  logging_level: watch(
    choice('off', 'error', 'warn', 'info', 'debug', 'trace', 'all'),
    null,
    'Lowest level that is logged. Default: info.',
  ),
  framework_name: watch(text, 'marathon', 'Name of this scheduler, in /v2/info.'),

  internal_store_backend: now('Store')(
    choice('file', 'mem', 'zk'),
    'file',
    'file: in --data_dir. mem: nothing outlives the server, for tests. (zk: not yet; as file. Marathon: zk.)',
  ),

  https_address: laterWeb(text, null, 'Address to listen on with HTTPS.'),
  https_port: laterWeb(port, 8443, 'Port to listen on with HTTPS.'),
  disable_http: laterWeb(onOff, false, 'HTTPS only.'),
  ssl_keystore_path: laterWeb(text, null, 'Java keystore with the certificate; asks for HTTPS. Also as MESOSPHERE_KEYSTORE_PATH.'),
  ssl_keystore_password: laterWeb(text, null, 'Its password. Also as MESOSPHERE_KEYSTORE_PASS.'),
  plugin_dir: laterWeb(text, null, 'Folder with plugins; goes with --plugin_conf.'),
  plugin_conf: laterWeb(text, null, "The plugins' configuration; goes with --plugin_dir."),

  executor: laterTasks(text, '//cmd', 'Executor of apps that name none.'),
  task_reservation_timeout: laterTasks(millis, 20_000, 'How long a reservation may take.'),
  task_lost_expunge_initial_delay: laterTasks(millis, 300_000, 'First look for unreachable tasks to forget.'),
  task_lost_expunge_interval: laterTasks(millis, 30_000, 'How often they are looked for.'),
  reconciliation_initial_delay: laterTasks(millis, 15_000, 'First comparison of the tasks with Mesos.'),
  scale_apps_initial_delay: laterTasks(
    millis,
    15_000,
    'First comparison of the number of instances with what is wanted (here it is compared on every change).',
  ),
  scale_apps_interval: laterTasks(millis, 300_000, 'How often it is compared.'),
  default_accepted_resource_roles: laterTasks(list, null, 'Deprecated: see --accepted_resource_roles_default_behavior.'),
  deprecated_features: laterTasks(list, null, 'Deprecated features to keep.'),

  offer_matching_timeout: laterLaunch(millis, 3_000, 'How long an offer may be looked at.'),
  suppress_offers: laterLaunch(toggle, true, 'Ask Mesos for no offers while there is nothing to start.'),
  mesos_offer_constraints: laterLaunch(toggle, false, 'Let Mesos filter offers by constraints.'),
  min_mesos_offer_constraints_update_interval: laterLaunch(millis, 1_000, 'Least time between two changes of these filters.'),
  draining_seconds: laterLaunch(seconds, 0, 'Time before a maintenance window in which an agent gets no new tasks.'),
  maintenance_mode: laterLaunch(toggle, true, 'Keep away from agents in maintenance.'),

  metrics_statsd: laterWatch(toggle, false, 'Send metrics to StatsD.'),
  metrics_statsd_host: laterWatch(text, null, 'Its host.'),
  metrics_statsd_port: laterWatch(port, null, 'Its port.'),
  metrics_statsd_transmission_interval_ms: laterWatch(millis, 10_000, 'How often.'),
  metrics_datadog: laterWatch(toggle, false, 'Send metrics to Datadog.'),
  metrics_datadog_protocol: laterWatch(choice('udp', 'api'), 'udp', 'How: udp or api.'),
  metrics_datadog_host: laterWatch(text, null, 'Its host, for udp.'),
  metrics_datadog_port: laterWatch(port, null, 'Its port, for udp.'),
  metrics_datadog_api_key: laterWatch(text, null, 'Its key, for api.'),
  metrics_datadog_transmission_interval_ms: laterWatch(millis, 10_000, 'How often.'),
  metrics_histogram_reservoir_significant_digits: laterWatch(count(0), 3, 'Precision of histograms.'),
  metrics_histogram_reservoir_reset_periodically: laterWatch(toggle, true, 'Empty histograms from time to time.'),
  metrics_histogram_reservoir_resetting_interval_ms: laterWatch(millis, 5_000, 'How often.'),
  metrics_histogram_reservoir_resetting_chunks: laterWatch(count(0), 0, 'In how many parts.'),
  logstash: laterWatch(text, null, 'Logstash to log to.'),
  sentry: laterWatch(text, null, 'Sentry to report errors to.'),
  sentry_tags: laterWatch(text, null, 'Tags of these reports.'),

  zk: laterStore(
    text,
    null,
    'zk://host:port/path: keep the state in ZooKeeper, with several servers of which one leads. Without it: the embedded store.',
  ),
  zk_timeout: laterStore(millis, 10_000, 'How long ZooKeeper may take.'),
  zk_session_timeout: laterStore(millis, 10_000, 'Session timeout.'),
  zk_connection_timeout: laterStore(millis, 10_000, 'Connection timeout.'),
  zk_compression: laterStore(toggle, true, 'Compress big nodes.'),
  zk_compression_threshold: laterStore(count(0), 65_536, 'From this many bytes on.'),
  zk_max_node_size: laterStore(count(1), 1_024_000, 'Most bytes of one node.'),
  store_cache: laterStore(toggle, true, 'Keep what is stored in memory (here it always is).'),
  group_versions_cache_size: laterStore(count(1), 1_000, 'Versions of groups kept in memory.'),
  storage_compaction_interval: laterStore(seconds, 30, 'How often old versions are removed.'),
  storage_compaction_scan_batch_size: laterStore(count(1), 32, 'How many at a time.'),
  backup_location: laterStore(text, null, 'Where to write a backup before a migration.'),

  ha: laterCluster(toggle, true, 'One of several servers, of which one leads (here: as long as there is no --zk, this one always leads).'),
  failover_timeout: laterCluster(seconds, 604_800, 'How long Mesos keeps tasks when all servers are gone.'),
  checkpoint: laterCluster(toggle, true, 'Let tasks outlive an agent restart.'),
  mesos_authentication: laterCluster(toggle, false, 'Log in to Mesos.'),
  mesos_authentication_principal: laterCluster(text, null, 'As whom.'),
  mesos_authentication_secret: laterCluster(text, null, 'With this secret.'),
  mesos_authentication_secret_file: laterCluster(text, null, 'With the secret in this file.'),
  mesos_heartbeat_interval: laterCluster(millis, 15_000, 'How often Mesos must give a sign of life.'),
  mesos_heartbeat_failure_threshold: laterCluster(count(1), 5, 'How many signs may be missing.'),
  on_elected_prepare_timeout: laterCluster(millis, 180_000, 'How long a new leader may take to load.'),
  leader_proxy_connection_timeout: laterCluster(millis, 5_000, 'How long connecting to the leader may take.'),
  leader_proxy_read_timeout: laterCluster(millis, 10_000, 'How long its answer may take.'),
  leader_proxy_max_open_connections: laterCluster(count(1), 64, 'Connections to it.'),
  leader_proxy_ssl_ignore_hostname: laterCluster(onOff, false, "Do not check its certificate's name."),
} as const satisfies Readonly<Record<string, FlagRow>>;

export type FlagName = keyof typeof FLAGS;

/** All names, in the table's order. */
export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];

/** The row of a name as everybody reads it. */
export function rowOf(name: FlagName): FlagRow {
  return FLAGS[name];
}

/** True when there is such a flag. */
export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

type ValueOf<R> = R extends { readonly kind: infer K; readonly default: infer D } ? PlainOf<K> | (D extends null ? null : never) : never;
type PlainOf<K> = K extends { readonly is: 'toggle' | 'switch' }
  ? boolean
  : K extends { readonly is: 'whole' | 'share' }
    ? number
    : K extends { readonly is: 'list' }
      ? readonly string[]
      : K extends { readonly is: 'choice'; readonly of: readonly (infer Word)[] }
        ? Word
        : string;

/** The value of every flag: given, or its default. */
export type FlagValues = { readonly [Name in FlagName]: ValueOf<(typeof FLAGS)[Name]> };
