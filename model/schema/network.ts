import { Type } from './type.ts';
import { AnyPort, int, PortName, Protocol, StringMap } from './words.ts';

const { Object: object, Optional: optional } = Type;

const NetworkName = Type.String({ pattern: '^[a-z0-9]([-a-z0-9_]*[a-z0-9])?$', minLength: 1, maxLength: 63 });

export const NetworkSchema = object({
  name: optional(NetworkName),
  mode: optional(Type.Enum(['container', 'container/bridge', 'host'])),
  labels: optional(StringMap),
});

export const PortDefinitionSchema = object({
  port: optional(AnyPort),
  labels: optional(StringMap),
  name: optional(PortName),
  protocol: optional(Protocol),
});

export const PortMappingSchema = object({
  containerPort: optional(AnyPort),
  hostPort: optional(AnyPort),
  labels: optional(StringMap),
  name: optional(PortName),
  protocol: optional(Protocol),
  servicePort: optional(AnyPort),
  networkNames: optional(Type.Array(Type.String())),
});

/** Marathon checks the items of `ports` for being whole numbers only: 70000 passes. */
export const PortsSchema = Type.Array(int(-(2 ** 31)));

/** Old format. */
export const IpAddressSchema = object({
  discovery: optional(
    object({
      ports: optional(
        Type.Array(
          object(
            { number: optional(AnyPort), name: PortName, protocol: optional(Protocol), labels: optional(StringMap) },
            { missing: 'sentence' },
          ),
        ),
      ),
    }),
  ),
  labels: optional(StringMap),
  networkName: optional(Type.String({ minLength: 1 })),
});
