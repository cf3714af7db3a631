import type { App } from './app.ts';
import type { Deployment } from './deployment.ts';
import type { AgentId, DeploymentId, GroupId, InstanceId, RunSpecId, TaskId } from './ids.ts';
import type { Condition } from './instance.ts';
import type { HealthCheck } from './app.ts';
import type { IpAddress, TaskState } from './task.ts';
import type { Millis, Version } from './time.ts';

/** What happened, for the public event stream. `api/` renders it as Marathon's JSON; versions and times are still numbers here. */
export type PublicEvent = { readonly at: Millis } & (
  | { readonly type: 'api_post_event'; readonly clientIp: string; readonly uri: string; readonly app: App; readonly created: boolean }
  | { readonly type: 'group_change_success'; readonly groupId: GroupId; readonly version: Version }
  | { readonly type: 'group_change_failed'; readonly groupId: GroupId; readonly version: Version; readonly reason: string }
  | { readonly type: 'deployment_info'; readonly deployment: Deployment; readonly stepIndex: number }
  | { readonly type: 'deployment_step_success'; readonly deployment: Deployment; readonly stepIndex: number }
  | { readonly type: 'deployment_success'; readonly id: DeploymentId; readonly deployment: Deployment }
  | { readonly type: 'deployment_failed'; readonly id: DeploymentId; readonly deployment: Deployment; readonly reason: string }
  | {
      readonly type: 'status_update_event';
      readonly agentId: AgentId | null;
      readonly taskId: TaskId;
      readonly taskStatus: TaskState;
      readonly message: string;
      readonly appId: RunSpecId;
      readonly host: string;
      readonly ipAddresses: readonly IpAddress[];
      readonly ports: readonly number[];
      readonly version: Version;
    }
  | {
      readonly type: 'instance_changed_event';
      readonly instanceId: InstanceId;
      readonly condition: Condition;
      readonly runSpecId: RunSpecId;
      readonly agentId: AgentId | null;
      readonly host: string | null;
      readonly runSpecVersion: Version;
    }
  | {
      readonly type: 'instance_health_changed_event';
      readonly instanceId: InstanceId;
      readonly runSpecId: RunSpecId;
      readonly healthy: boolean | null;
      readonly runSpecVersion: Version;
    }
  | {
      readonly type: 'unknown_instance_terminated_event';
      readonly instanceId: InstanceId;
      readonly runSpecId: RunSpecId;
      readonly condition: Condition;
    }
  | { readonly type: 'add_health_check_event'; readonly appId: RunSpecId; readonly version: Version; readonly healthCheck: HealthCheck }
  | { readonly type: 'remove_health_check_event'; readonly appId: RunSpecId }
  | {
      readonly type: 'failed_health_check_event';
      readonly appId: RunSpecId;
      readonly instanceId: InstanceId;
      readonly healthCheck: HealthCheck;
    }
  | {
      readonly type: 'health_status_changed_event';
      readonly appId: RunSpecId;
      readonly instanceId: InstanceId;
      readonly version: Version;
      readonly alive: boolean;
    }
  | {
      readonly type: 'unhealthy_instance_kill_event';
      readonly appId: RunSpecId;
      readonly taskId: TaskId;
      readonly instanceId: InstanceId;
      readonly version: Version;
      readonly reason: string;
      readonly host: string;
      readonly agentId: AgentId | null;
    }
  | { readonly type: 'app_terminated_event'; readonly appId: RunSpecId }
  | { readonly type: 'scheduler_registered_event'; readonly frameworkId: string; readonly master: string }
  | { readonly type: 'scheduler_reregistered_event'; readonly master: string }
  | { readonly type: 'scheduler_disconnected_event' }
);
