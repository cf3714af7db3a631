import type { Static } from 'typebox';
import { Type } from './type.ts';
import type { DeepReadonly } from '../deepReadonly.ts';
import { PortMappingSchema } from './network.ts';
import { Constraints, long, StringMap } from './words.ts';

const { Object: object, Optional: optional } = Type;

const Mode = Type.Enum(['RO', 'RW']);
const ContainerPath = Type.String({ minLength: 1 });

const PersistentVolume = object(
  {
    containerPath: ContainerPath,
    persistent: object(
      {
        type: optional(Type.Enum(['root', 'path', 'mount'])),
        size: long(0),
        maxSize: optional(long(0)),
        profileName: optional(Type.String({ minLength: 1 })),
        constraints: optional(Constraints),
      },
      { missing: 'sentence' },
    ),
    mode: Mode,
  },
  { missing: 'sentence' },
);

const CsiVolume = object(
  {
    containerPath: ContainerPath,
    external: object(
      {
        name: Type.String(),
        provider: Type.Enum(['csi']),
        options: object(
          {
            pluginName: Type.String(),
            capability: object(
              {
                accessMode: Type.String(),
                accessType: Type.String(),
                fsType: optional(Type.String()),
                mountFlags: optional(Type.Array(Type.String())),
              },
              { missing: 'path' },
            ),
            nodeStageSecret: optional(StringMap),
            nodePublishSecret: optional(StringMap),
            volumeContext: optional(StringMap),
          },
          { missing: 'path' },
        ),
      },
      { missing: 'path' },
    ),
    mode: Mode,
  },
  { missing: 'sentence' },
);

const ExternalVolume = object(
  {
    containerPath: ContainerPath,
    external: object({
      size: optional(long(0)),
      name: optional(Type.String()),
      provider: optional(Type.String()),
      options: optional(StringMap),
      shared: optional(Type.Boolean()),
    }),
    mode: Mode,
  },
  { missing: 'sentence' },
);

const SecretVolume = object({ containerPath: ContainerPath, secret: Type.String() }, { missing: 'sentence' });

const HostVolume = object({ containerPath: ContainerPath, hostPath: Type.String({ minLength: 1 }), mode: Mode }, { missing: 'sentence' });

export const VolumeSchema = Type.Union([PersistentVolume, CsiVolume, ExternalVolume, SecretVolume, HostVolume], {
  choose: 'firstThatFits',
});

const DockerSchema = object(
  {
    credential: optional(object({ principal: Type.String(), secret: optional(Type.String()) }, { missing: 'path' })),
    forcePullImage: optional(Type.Boolean()),
    image: Type.String(),
    network: optional(Type.Enum(['BRIDGE', 'HOST', 'NONE', 'USER'])),
    parameters: optional(Type.Array(object({ key: Type.String({ minLength: 1 }), value: Type.String() }, { missing: 'sentence' }))),
    portMappings: optional(Type.Array(PortMappingSchema)),
    privileged: optional(Type.Boolean()),
    pullConfig: optional(object({ secret: Type.String() }, { missing: 'path' })),
  },
  { missing: 'sentence' },
);

const LinuxInfoSchema = object({
  seccomp: optional(object({ profileName: optional(Type.String()), unconfined: optional(Type.Boolean()) })),
  ipcInfo: optional(
    object({ mode: Type.Enum(['PRIVATE', 'SHARE_PARENT']), shmSize: optional(Type.Integer({ format: 'int32' })) }, { missing: 'path' }),
  ),
});

export const ContainerSchema = object({
  type: optional(Type.Enum(['MESOS', 'DOCKER'])),
  docker: optional(DockerSchema),
  linuxInfo: optional(LinuxInfoSchema),
  volumes: optional(Type.Array(VolumeSchema)),
  portMappings: optional(Type.Array(PortMappingSchema)),
});

type CsiInfo = DeepReadonly<Static<typeof CsiVolume>['external']>;
type OptionsInfo = DeepReadonly<Static<typeof ExternalVolume>['external']>;
/** What an external volume is, as the user gave it: of CSI, or of a provider with options of text. */
export type ExternalInfo = OptionsInfo | CsiInfo;
export type LinuxInfo = DeepReadonly<Static<typeof LinuxInfoSchema>>;

/** True for a complete description of a CSI volume; one that names the provider only is none. */
export function isCsi(external: ExternalInfo): external is CsiInfo {
  return external.provider === 'csi' && typeof external.options?.['capability'] === 'object';
}
