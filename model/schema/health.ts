import { Type } from './type.ts';
import { AnyPort, int, PortName } from './words.ts';

const { Object: object, Optional: optional } = Type;

export const HealthCheckSchema = object({
  command: optional(object({ value: Type.String() }, { missing: 'path' })),
  gracePeriodSeconds: optional(int(0)),
  ignoreHttp1xx: optional(Type.Boolean()),
  intervalSeconds: optional(int(0)),
  maxConsecutiveFailures: optional(int(0)),
  path: optional(Type.String()),
  port: optional(AnyPort),
  portIndex: optional(AnyPort),
  protocol: optional(Type.Enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_TCP', 'MESOS_HTTP', 'MESOS_HTTPS'])),
  ipProtocol: optional(Type.Enum(['IPv4', 'IPv6'])),
  timeoutSeconds: optional(int(0)),
  delaySeconds: optional(int(0)),
});

export const CheckSchema = object({
  http: optional(
    object({
      portIndex: optional(AnyPort),
      port: optional(AnyPort),
      path: optional(Type.String({ minLength: 1, maxLength: 1024 })),
      scheme: optional(Type.Enum(['HTTP', 'HTTPS'])),
    }),
  ),
  tcp: optional(object({ portIndex: optional(AnyPort), port: optional(AnyPort) })),
  exec: optional(object({ command: object({ shell: Type.String() }, { missing: 'path' }) }, { missing: 'path' })),
  intervalSeconds: optional(int(0)),
  timeoutSeconds: optional(int(0)),
  delaySeconds: optional(int(0)),
});

export const ReadinessCheckSchema = object({
  name: optional(Type.String()),
  protocol: optional(Type.Enum(['HTTP', 'HTTPS'])),
  path: optional(Type.String({ minLength: 1, maxLength: 1024 })),
  portName: optional(PortName),
  intervalSeconds: optional(int(0)),
  timeoutSeconds: optional(int(1)),
  httpStatusCodesForReady: optional(Type.Array(int(-(2 ** 31)), { uniqueItems: true })),
  preserveLastResponse: optional(Type.Boolean()),
});
