import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts';
import { withoutLogin } from './conflicts.ts';
import type { ServerFlags } from './serverFlags.ts';

/** What the rules of the core need to know of the flags. */
export function settingsFrom(flags: ServerFlags): Settings {
  return {
    ...DEFAULT_SETTINGS,
    features: new Set(flags.enable_features ?? []),
    mesosRole: flags.mesos_role,
    newGroupEnforceRole: flags.new_group_enforce_role,
    acceptedRolesDefault: flags.accepted_resource_roles_default_behavior,
    defaultNetworkName: flags.default_network_name,
    mesosBridgeName: flags.mesos_bridge_name,
    localPortMin: flags.local_port_min,
    localPortMax: flags.local_port_max,
    envVarsPrefix: flags.env_vars_prefix,
    maxApps: flags.max_apps,
    maxRunningDeployments: flags.max_running_deployments,
    maxVersions: flags.zk_max_versions,
    taskLaunchConfirmTimeout: flags.task_launch_confirm_timeout,
    taskLaunchTimeout: flags.task_launch_timeout,
    killChunkSize: flags.kill_chunk_size,
    killRetryTimeout: flags.kill_retry_timeout,
    launchTokens: flags.launch_tokens,
    launchTokenRefreshInterval: flags.launch_token_refresh_interval,
    maxInstancesPerOffer: flags.max_instances_per_offer,
    declineOfferDuration: flags.decline_offer_duration,
    minReviveOffersInterval: flags.min_revive_offers_interval,
    reconciliationInterval: flags.reconciliation_interval,
    gpuScheduling: flags.gpu_scheduling_behavior,
    maxConcurrentHealthChecks: flags.max_concurrent_marathon_health_checks,
    maxUnknownKills: flags.max_unknown_kills,
  };
}

/** A value of `/v2/info`. */
export type InfoValue = string | number | boolean | null | readonly string[];

/** The parts of Marathon's `/v2/info` that show flags. `httpPort`: the port that is really listened on. */
export interface InfoConfig {
  readonly marathon_config: Readonly<Record<string, InfoValue>>;
  readonly zookeeper_config: Readonly<Record<string, InfoValue>>;
  readonly http_config: Readonly<Record<string, InfoValue>>;
}

/** Exactly Marathon's keys (clients refuse others); unset is null, logins are cut out of addresses. */
export function infoConfig(flags: ServerFlags, httpPort: number = flags.http_port): InfoConfig {
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return {
    marathon_config: {
      access_control_allow_origin: flags.access_control_allow_origin,
      checkpoint: flags.checkpoint,
      decline_offer_duration: flags.decline_offer_duration,
      default_network_name: flags.default_network_name,
      env_vars_prefix: flags.env_vars_prefix,
      executor: flags.executor,
      failover_timeout: flags.failover_timeout,
      features: flags.enable_features ?? [],
      framework_name: flags.framework_name,
      ha: flags.ha,
      hostname: flags.hostname,
      launch_token: flags.launch_tokens,
      launch_token_refresh_interval: flags.launch_token_refresh_interval,
      leader_proxy_connection_timeout_ms: flags.leader_proxy_connection_timeout,
      leader_proxy_read_timeout_ms: flags.leader_proxy_read_timeout,
      local_port_max: flags.local_port_max,
      local_port_min: flags.local_port_min,
      master: withoutLogin(flags.master),
      max_instances_per_offer: flags.max_instances_per_offer,
      mesos_bridge_name: flags.mesos_bridge_name,
      mesos_heartbeat_failure_threshold: flags.mesos_heartbeat_failure_threshold,
      mesos_heartbeat_interval: flags.mesos_heartbeat_interval,
      mesos_leader_ui_url: flags.mesos_leader_ui_url,
      mesos_role: flags.mesos_role,
      mesos_user: flags.mesos_user,
      // Marathon shows it with a capital letter.
      new_group_enforce_role: capital(flags.new_group_enforce_role),
      min_revive_offers_interval: flags.min_revive_offers_interval,
      offer_matching_timeout: flags.offer_matching_timeout,
      on_elected_prepare_timeout: flags.on_elected_prepare_timeout,
      reconciliation_initial_delay: flags.reconciliation_initial_delay,
      reconciliation_interval: flags.reconciliation_interval,
      scale_apps_initial_delay: flags.scale_apps_initial_delay,
      scale_apps_interval: flags.scale_apps_interval,
      store_cache: flags.store_cache,
      task_launch_confirm_timeout: flags.task_launch_confirm_timeout,
      task_launch_timeout: flags.task_launch_timeout,
      task_lost_expunge_initial_delay: flags.task_lost_expunge_initial_delay,
      task_lost_expunge_interval: flags.task_lost_expunge_interval,
      task_reservation_timeout: flags.task_reservation_timeout,
      webui_url: flags.webui_url,
      maintenance_mode: flags.maintenance_mode,
    },
    zookeeper_config: {
      zk: flags.zk === null ? null : withoutLogin(flags.zk),
      zk_compression: flags.zk_compression,
      zk_compression_threshold: flags.zk_compression_threshold,
      zk_connection_timeout: flags.zk_connection_timeout,
      zk_max_node_size: flags.zk_max_node_size,
      zk_max_versions: flags.zk_max_versions,
      zk_session_timeout: flags.zk_session_timeout,
      zk_timeout: flags.zk_timeout,
    },
    http_config: { http_port: httpPort, https_port: flags.https_port },
  };
}
