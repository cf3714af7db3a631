import { isIP } from 'node:net';
import type { FlagError, ServerFlags } from './serverFlags.ts';
import { rowOf, type FlagName } from './table.ts';

/** The first thing that cannot be although each flag alone could; null when all is well. */
export function findConflict(flags: ServerFlags): FlagError | null {
  const refuse = (flag: FlagName, why: string): FlagError => ({ flag, message: `--${flag}: ${why}` });
  if (/^(zk|https?):\/\//.test(flags.master) || (flags.master !== 'local' && /^[^/]+:\d+/.test(flags.master))) {
    return refuse('master', `running on Mesos is not yet possible; use --master local (given: '${withoutLogin(flags.master)}')`);
  }
  if (flags.master !== 'local') return refuse('master', `expected local, not '${flags.master}'`);
  if (!isLoopback(flags.http_address) && flags.http_credentials === null && !flags.insecure) {
    const risk = 'whoever reaches this port can run commands';
    return refuse(
      'http_address',
      `on '${flags.http_address}', ${risk}: give --http_credentials user:password, or --insecure if that is wanted`,
    );
  }
  if (flags.disable_http) return refuse('disable_http', 'needs HTTPS, which is not yet possible');
  if (flags.local_port_min === 0) return refuse('local_port_min', 'expected a port from 1 on');
  if (flags.local_port_min > flags.local_port_max) {
    return refuse('local_port_min', `${flags.local_port_min} is above --local_port_max ${flags.local_port_max}`);
  }
  if ((flags.plugin_dir === null) !== (flags.plugin_conf === null))
    return refuse('plugin_dir', 'goes with --plugin_conf: give both or none');
  if (!/^(\*|[^\s/.\-*][^\s/]*)$/.test(flags.mesos_role)) return refuse('mesos_role', `'${flags.mesos_role}' is no role`);
  if (flags.env_vars_prefix !== null && !/^[A-Za-z_]\w*$/.test(flags.env_vars_prefix)) {
    return refuse('env_vars_prefix', `'${flags.env_vars_prefix}' cannot begin the name of a variable`);
  }
  return null;
}

/** What the operator should be told at the start: flags that were given and that nothing listens to yet. */
export function warningsOf(flags: ServerFlags): string[] {
  const warnings = [...flags.given].filter((name) => !rowOf(name).active).map((name) => `--${name} is accepted, but has no effect yet`);
  if (flags.zk !== null || flags.internal_store_backend === 'zk') {
    warnings.push(`the state is kept in ${flags.data_dir}, not in ZooKeeper: this server leads alone`);
  }
  return warnings;
}

/** True when only this host can reach the address. */
export function isLoopback(address: string): boolean {
  if (address === 'localhost' || address === '::1' || address === '[::1]') return true;
  return isIP(address) === 4 && address.startsWith('127.');
}

/** An address without `user:password@`, fit to be shown. */
export function withoutLogin(address: string): string {
  return address.replace(/^([a-z]+:\/\/)?.*@/i, '$1');
}
