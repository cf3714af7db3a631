import type { App } from '../app.ts';
import type { FieldErrors } from '../fieldErrors.ts';
import type { Settings } from '../settings.ts';
import { featureIsOff } from './texts.ts';

/** Environment and secrets: names, references, the feature. */
export function checkSecrets({ env, secrets }: App, settings: Settings, errors: FieldErrors): void {
  const isEnabled = settings.features.has('secrets');
  const secretNames = Object.keys(secrets);
  if (secretNames.length > 0 && !isEnabled) errors.add('/secrets', featureIsOff('secrets'));
  for (const [name, { source }] of Object.entries(secrets)) {
    if (source === '') errors.add(`/secrets/${name}/source`, 'must not be empty');
  }
  Object.entries(env).forEach(([name, value], index) => {
    if (name === '') errors.add(`/env/keys(${index})`, 'must not be empty');
    if (typeof value === 'string') return;
    if (!isEnabled) errors.add('/env', 'use of secret-references in the environment requires the secrets feature to be enabled');
    else if (!Object.hasOwn(secrets, value.secret)) errors.add(`/env/${name}/secret`, 'references an undefined secret');
  });
}
