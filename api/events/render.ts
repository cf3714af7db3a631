import type { PublicEvent } from '../../model/event.ts';
import { renderApp, renderHealthCheck } from '../../model/json/app.ts';
import { never } from '../../model/result.ts';
import { formatTimestamp } from '../../model/time.ts';
import { planJson, stepJson } from '../json/deployment.ts';

/** What happened to a stream itself; no matter of the cluster's. */
export interface StreamEvent {
  readonly type: 'event_stream_attached' | 'event_stream_detached';
  readonly remoteAddress: string;
  readonly at: number;
}

/** One event as Marathon's stream sends it: name, data on one line, an empty line. Bare CR and LF cannot occur in JSON text. */
export function frame(event: PublicEvent | StreamEvent): string {
  return `event: ${event.type}\r\ndata: ${JSON.stringify(eventJson(event))}\r\n\r\n`;
}

/** An event's JSON, with Marathon's order of fields, which differs from type to type. */
export function eventJson(event: PublicEvent | StreamEvent): Readonly<Record<string, unknown>> {
  const eventType = event.type;
  const timestamp = formatTimestamp(event.at);
  switch (event.type) {
    case 'event_stream_attached':
    case 'event_stream_detached':
      return { remoteAddress: event.remoteAddress, eventType, timestamp };
    case 'api_post_event': {
      const { clientIp, uri, app, created } = event;
      return { clientIp, uri, appDefinition: renderApp(app, { versionInfo: !created }), eventType, timestamp };
    }
    case 'group_change_success':
      return { groupId: event.groupId, version: formatTimestamp(event.version), eventType, timestamp };
    case 'group_change_failed':
      return { groupId: event.groupId, version: formatTimestamp(event.version), reason: event.reason, eventType, timestamp };
    case 'deployment_info':
    case 'deployment_step_success': {
      const step = event.deployment.steps[event.stepIndex] ?? { actions: [] };
      return { plan: planJson(event.deployment), currentStep: stepJson(step), eventType, timestamp };
    }
    case 'deployment_success':
      return { id: event.id, plan: planJson(event.deployment), eventType, timestamp };
    case 'deployment_failed':
      return { id: event.id, plan: planJson(event.deployment), eventType, timestamp, reason: event.reason };
    case 'status_update_event':
      return {
        slaveId: event.agentId ?? '',
        taskId: event.taskId,
        taskStatus: event.taskStatus,
        message: event.message,
        appId: event.appId,
        host: event.host,
        ipAddresses: event.ipAddresses,
        ports: event.ports,
        version: formatTimestamp(event.version),
        eventType,
        timestamp,
      };
    case 'instance_changed_event': {
      const { instanceId, condition, runSpecId, agentId, host } = event;
      const runSpecVersion = formatTimestamp(event.runSpecVersion);
      return { instanceId, condition, runSpecId, agentId, host, runSpecVersion, timestamp, eventType };
    }
    case 'instance_health_changed_event': {
      const { instanceId, runSpecId, healthy } = event;
      return { instanceId, runSpecId, healthy, runSpecVersion: formatTimestamp(event.runSpecVersion), timestamp, eventType };
    }
    case 'unknown_instance_terminated_event': {
      const { instanceId, runSpecId, condition } = event;
      return { instanceId, runSpecId, condition, timestamp, eventType };
    }
    case 'add_health_check_event': {
      const healthCheck = renderHealthCheck(event.healthCheck);
      return { appId: event.appId, eventType, healthCheck, timestamp, version: formatTimestamp(event.version) };
    }
    case 'remove_health_check_event':
    case 'app_terminated_event':
      return { appId: event.appId, eventType, timestamp };
    case 'failed_health_check_event': {
      // Marathon: `taskId` holds the id of the instance.
      return { appId: event.appId, eventType, healthCheck: renderHealthCheck(event.healthCheck), taskId: event.instanceId, timestamp };
    }
    case 'health_status_changed_event': {
      const { appId, instanceId, alive } = event;
      return { appId, instanceId, version: formatTimestamp(event.version), alive, eventType, timestamp };
    }
    case 'unhealthy_instance_kill_event': {
      const { appId, taskId, instanceId, reason, host, agentId } = event;
      const version = formatTimestamp(event.version);
      return { appId, taskId, instanceId, version, reason, host, slaveId: agentId ?? undefined, eventType, timestamp };
    }
    case 'scheduler_registered_event':
      return { frameworkId: event.frameworkId, master: event.master, eventType, timestamp };
    case 'scheduler_reregistered_event':
      return { master: event.master, eventType, timestamp };
    case 'scheduler_disconnected_event':
      return { eventType, timestamp };
    default:
      return never(event);
  }
}
