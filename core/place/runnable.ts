import type { App } from '../../model/app.ts';
import type { EngineTraits } from '../../model/engineTraits.ts';

/** Why this engine cannot run an app at all, in words; null when it can. Such an app waits: it is never run as something else. */
export function whyNotRunnable(app: App, engine: EngineTraits): string | null {
  if (app.container !== null && app.container.docker !== null && !engine.images)
    return `container images (${app.container.docker.image}) cannot be run by this engine yet`;
  const network = app.networks.find(({ mode }) => mode !== 'host');
  if (network !== undefined && !engine.containerNetworks) return `networks of mode ${network.mode} are not given by this engine yet`;
  if ((app.container?.volumes.length ?? 0) > 0 && !engine.volumes) return 'volumes are not mounted by this engine yet';
  const usesSecrets = Object.keys(app.secrets).length > 0 || Object.values(app.env).some((value) => typeof value !== 'string');
  if (usesSecrets && !engine.secrets) return 'secrets are not handed out by this engine yet';
  if (app.cmd === null && app.args.length === 0 && (app.container?.docker ?? null) === null)
    return 'the app names neither a command nor an image';
  return null;
}
