import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';

/** curl's limit, which Mesos' fetcher has. */
const REDIRECTS_MAX = 50;
/** Mesos: a transfer that stands still for so long is given up. */
const STALL_MS = 60_000;

/** Follows redirects to an answer with status 200. Rejects with a sentence otherwise, and when aborted. */
async function open(url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
  let here = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const get = here.toLowerCase().startsWith('https:') ? https.get : http.get;
      const request = get(
        here,
        { agent: false, signal, headers: { 'user-agent': 'longrun-fetcher', 'accept-encoding': 'identity' } },
        resolve,
      );
      request.setTimeout(STALL_MS, () => request.destroy(new Error(`no data for ${STALL_MS / 1000} seconds`)));
      request.on('error', reject);
    });
    const status = answer.statusCode ?? 0;
    const location = answer.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      answer.destroy();
      if (!URL.canParse(location, here)) throw new Error(`redirected to '${location}'`);
      here = new URL(location, here).href;
      if (!/^https?:/.test(here)) throw new Error(`redirected to '${here}'`);
      continue;
    }
    if (status !== 200) {
      answer.destroy();
      throw new Error(`the answer was ${status} ${answer.statusMessage ?? ''}`.trim());
    }
    return answer;
  }
  throw new Error(`more than ${REDIRECTS_MAX} redirects`);
}

/** Writes what `url` answers to `file`, and resolves to its size in bytes. Rejects with a sentence, leaving nothing behind. */
export async function download(url: string, file: string, signal: AbortSignal): Promise<number> {
  const answer = await open(url, signal);
  try {
    const expected = Number(answer.headers['content-length'] ?? Number.NaN);
    const out = fs.createWriteStream(file, { mode: 0o600 });
    await pipeline(answer, out, { signal });
    if (!Number.isNaN(expected) && out.bytesWritten !== expected) throw new Error(`${out.bytesWritten} of ${expected} bytes arrived`);
    return out.bytesWritten;
  } catch (error) {
    fs.rm(file, { force: true }, () => undefined);
    throw error;
  }
}
