import { formatTimestamp, parseTimestamp } from '../../model/time.ts';
import { reading } from '../context.ts';
import { json, jsonText, message, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import { appIdInUrl } from '../ids.ts';
import { definitionText } from '../json/app.ts';
import { noApp, type AppsDeps } from './apps.ts';

/** `GET /v2/apps/{id}/versions`, newest first. */
export async function listVersions({ orchestra }: AppsDeps, { params }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return noApp(id.error);
  return reading(orchestra, (view) => {
    if (view.app(id.value) === undefined) return noApp(id.value);
    return json(200, { versions: view.versionsOf(id.value).map(formatTimestamp) });
  });
}

/** `GET /v2/apps/{id}/versions/{version}`: the definition alone, also of an app that is deleted by now. */
export async function getVersion({ orchestra }: AppsDeps, { params }: Exchange): Promise<Answer> {
  const [rawId = '', rawVersion = ''] = params;
  const version = parseTimestamp(rawVersion);
  if (version === null) return message(422, `Invalid timestamp provided '${rawVersion}'. Expecting ISO-8601 datetime string.`);
  const missing = (id: string): ReturnType<typeof notFound> =>
    notFound(`App '${id}' does not exist in version ${formatTimestamp(version)}`);
  const id = appIdInUrl(rawId);
  if (!id.ok) return missing(id.error);
  return reading(orchestra, (view) => {
    const app = view.appAt(id.value, version);
    return app === undefined ? missing(id.value) : jsonText(definitionText(app));
  });
}
