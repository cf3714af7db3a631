interface Accepted {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

/** The offered media type that the client likes best: the first of them when it has no preference, null when it takes none. */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | null {
  if (accept === undefined || accept.trim() === '' || accept === '*/*') return offered[0] ?? null;
  const accepted = parseAccept(accept);
  let best: string | null = null;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(type, accepted);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  return best;
}

/** True when one of the ranges is exactly this type, wildcards not counted. */
export function acceptsExactly(accept: string | undefined, type: string): boolean {
  return accept !== undefined && parseAccept(accept).some((range) => range.quality > 0 && `${range.type}/${range.subtype}` === type);
}

/** RFC 9110 §12.5.3, as far as gzip is concerned. */
export function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  const codings = parseAccept(String(acceptEncoding));
  const named = codings.find((coding) => coding.type === 'gzip' || coding.type === 'x-gzip');
  const coding = named ?? codings.find(({ type }) => type === '*');
  return coding !== undefined && coding.quality > 0;
}

function parseAccept(accept: string): Accepted[] {
  return accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const [type = '', subtype = '*'] = name.split('/');
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const value = quality === undefined ? 1 : Number(quality.slice(2));
    return { type, subtype, quality: Number.isNaN(value) ? 0 : value };
  });
}

/** The most exact range decides, not the best one. */
function qualityOf(offered: string, accepted: readonly Accepted[]): number {
  const [type = '', subtype = ''] = offered.split('/');
  let exactness = -1;
  let quality = 0;
  for (const range of accepted) {
    const fits = (range.type === type || range.type === '*') && (range.subtype === subtype || range.subtype === '*');
    const rank = (range.type === '*' ? 0 : 1) + (range.subtype === '*' ? 0 : 1);
    if (fits && rank > exactness) {
      exactness = rank;
      quality = range.quality;
    }
  }
  return quality;
}
