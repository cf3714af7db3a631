import type { View } from '../../core/view.ts';
import type { App } from '../../model/app.ts';
import { safePath } from '../../model/ids.ts';
import type { Instance } from '../../model/instance.ts';
import { JSON_TYPE } from '../http/exchange.ts';
import { servicePortsOf } from '../json/task.ts';

/** What a list of tasks may be sent as. Marathon 1.11 dropped the text; load balancer scripts still ask for it. */
export const TASK_LIST_TYPES: readonly string[] = [JSON_TYPE, 'text/plain'];

/**
 * Marathon's old text form: a line per app and service port, `path_with_underscores`, the port, then one `host:port` per running task, each
 * followed by a tab; addresses sorted. Apps without service ports show a blank and bare hosts. `containerNetworks=a,b` adds
 * `ip:containerPort` for apps in one of these networks.
 */
export function endpointLines(apps: Iterable<App>, view: View, query: URLSearchParams): string {
  const networks = new Set(query.getAll('containerNetworks').flatMap((names) => names.split(',')));
  let text = '';
  for (const app of apps) {
    const running = [...view.instancesOf(app.id)].filter(({ task }) => task?.state === 'TASK_RUNNING');
    const name = safePath(app.id);
    const ports = servicePortsOf(app);
    if (ports.length === 0) text += line(name, ' ', running.map(hostOf));
    ports.forEach((port, index) => {
      text += line(
        name,
        String(port),
        running.flatMap((instance) => endpoint(app, instance, index, networks)),
      );
    });
  }
  return text;
}

function line(name: string, port: string, addresses: readonly string[]): string {
  return `${[name, port, ...addresses.toSorted()].map((column) => `${column}\t`).join('')}\n`;
}

function endpoint(app: App, instance: Instance, index: number, networks: ReadonlySet<string>): string[] {
  const mapping = app.container?.portMappings?.[index];
  if (mapping !== undefined && mapping.hostPort === null) {
    const inNetwork = app.networks.some(({ name }) => name !== null && networks.has(name));
    const address = instance.task?.ipAddresses[0]?.ipAddress;
    return inNetwork && address !== undefined ? [`${address}:${mapping.containerPort}`] : [];
  }
  return [`${hostOf(instance)}:${instance.placement?.hostPorts[index] ?? 0}`];
}

function hostOf(instance: Instance): string {
  return instance.placement?.host ?? '';
}
