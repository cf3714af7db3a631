import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import { parseFlags } from './parse.ts';
import type { ServerFlags } from './serverFlags.ts';
import { infoConfig, settingsFrom } from './settings.ts';

function flags(...argv: string[]): ServerFlags {
  const result = parseFlags(argv, {}, { hostname: '127.0.0.1', user: 'root' });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('settings', () => {
  test('without flags: the defaults', () => {
    expect(settingsFrom(flags())).toEqual(DEFAULT_SETTINGS);
  });

  test.each([
    ['--enable_features', 'vips,secrets', { features: new Set(['vips', 'secrets']) }],
    ['--mesos_role', 'dev', { mesosRole: 'dev' }],
    ['--new_group_enforce_role', 'top', { newGroupEnforceRole: 'top' }],
    ['--accepted_resource_roles_default_behavior', 'reserved', { acceptedRolesDefault: 'reserved' }],
    ['--default_network_name', 'net', { defaultNetworkName: 'net' }],
    ['--mesos_bridge_name', 'br', { mesosBridgeName: 'br' }],
    ['--local_port_min', '10001', { localPortMin: 10_001 }],
    ['--local_port_max', '20001', { localPortMax: 20_001 }],
    ['--env_vars_prefix', 'P_', { envVarsPrefix: 'P_' }],
    ['--max_apps', '7', { maxApps: 7 }],
    ['--max_running_deployments', '8', { maxRunningDeployments: 8 }],
    ['--zk_max_versions', '9', { maxVersions: 9 }],
    ['--task_launch_confirm_timeout', '10', { taskLaunchConfirmTimeout: 10 }],
    ['--task_launch_timeout', '11', { taskLaunchTimeout: 11 }],
    ['--kill_chunk_size', '12', { killChunkSize: 12 }],
    ['--kill_retry_timeout', '13', { killRetryTimeout: 13 }],
    ['--launch_tokens', '14', { launchTokens: 14 }],
    ['--launch_token_refresh_interval', '15', { launchTokenRefreshInterval: 15 }],
    ['--max_instances_per_offer', '16', { maxInstancesPerOffer: 16 }],
    ['--decline_offer_duration', '17', { declineOfferDuration: 17 }],
    ['--min_revive_offers_interval', '18', { minReviveOffersInterval: 18 }],
    ['--reconciliation_interval', '19', { reconciliationInterval: 19 }],
    ['--gpu_scheduling_behavior', 'unrestricted', { gpuScheduling: 'unrestricted' }],
    ['--max_concurrent_marathon_health_checks', '20', { maxConcurrentHealthChecks: 20 }],
    ['--max_unknown_kills', '0.1', { maxUnknownKills: 0.1 }],
  ])('%s %s', (flag, value, changed) => {
    expect(settingsFrom(flags(flag, value))).toEqual({ ...DEFAULT_SETTINGS, ...changed });
  });
});

describe('/v2/info', () => {
  /** Recorded from Marathon 1.11, with --mesos_user root and --hostname 127.0.0.1. */
  const RECORDED = {
    marathon_config: JSON.parse(
      '{"access_control_allow_origin":null,"checkpoint":true,"decline_offer_duration":120000,"default_network_name":null,"env_vars_prefix":null,"executor":"//cmd","failover_timeout":604800,"features":[],"framework_name":"marathon","ha":true,"hostname":"127.0.0.1","launch_token":100,"launch_token_refresh_interval":30000,"leader_proxy_connection_timeout_ms":5000,"leader_proxy_read_timeout_ms":10000,"local_port_max":20000,"local_port_min":10000,"master":"zk://127.0.0.1:2182/mesos","max_instances_per_offer":5,"mesos_bridge_name":"mesos-bridge","mesos_heartbeat_failure_threshold":5,"mesos_heartbeat_interval":15000,"mesos_leader_ui_url":"http://master.sim:5050/","mesos_role":"*","mesos_user":"root","new_group_enforce_role":"Off","min_revive_offers_interval":5000,"offer_matching_timeout":3000,"on_elected_prepare_timeout":180000,"reconciliation_initial_delay":15000,"reconciliation_interval":600000,"scale_apps_initial_delay":15000,"scale_apps_interval":300000,"store_cache":true,"task_launch_confirm_timeout":300000,"task_launch_timeout":300000,"task_lost_expunge_initial_delay":300000,"task_lost_expunge_interval":30000,"task_reservation_timeout":20000,"webui_url":null,"maintenance_mode":true}',
    ),
    zookeeper_config: JSON.parse(
      '{"zk":"zk://127.0.0.1:2182/rec","zk_compression":true,"zk_compression_threshold":65536,"zk_connection_timeout":10000,"zk_max_node_size":1024000,"zk_max_versions":50,"zk_session_timeout":10000,"zk_timeout":10000}',
    ),
    http_config: JSON.parse('{"http_port":28342,"https_port":8443}'),
  };

  test('the same keys and values as Marathon, but for what is ours', () => {
    expect(infoConfig(flags('--launch_tokens', '100', '--max_instances_per_offer', '5'), 28_342)).toEqual({
      marathon_config: { ...RECORDED.marathon_config, master: 'local', mesos_leader_ui_url: null },
      zookeeper_config: { ...RECORDED.zookeeper_config, zk: null },
      http_config: RECORDED.http_config,
    });
  });

  test('no login is shown', () => {
    const info = infoConfig(flags('--zk', 'zk://ann:se/cr@et@h1:2181,h2:2181/marathon'));
    expect(info.zookeeper_config['zk']).toBe('zk://h1:2181,h2:2181/marathon');
  });

  test('the throttles are null when there are none', () => {
    expect(infoConfig(flags()).marathon_config).toMatchObject({ launch_token: null, max_instances_per_offer: null });
  });

  test('new_group_enforce_role has a capital letter', () => {
    expect(infoConfig(flags('--new_group_enforce_role', 'top')).marathon_config['new_group_enforce_role']).toBe('Top');
  });
});
