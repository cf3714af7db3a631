const ILLEGAL = /[\s"<>\\^`{|}\p{Cc}]|%(?![0-9A-Fa-f]{2})|#.*#/u;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/** True when the text is a URI, absolute or relative, by RFC 2396 with letters of every script (Marathon: what java.net.URI takes). */
export function isUri(text: string): boolean {
  if (ILLEGAL.test(text)) return false;
  const colon = text.indexOf(':');
  const firstStop = text.search(/[/?#]/);
  if (colon === -1 || (firstStop !== -1 && firstStop < colon)) return !isBareAuthority(text);
  return SCHEME.test(text.slice(0, colon)) && text.length > colon + 1 && !isBareAuthority(text.slice(colon + 1));
}

/** `//` with nothing behind it: an authority is announced and missing. */
function isBareAuthority(rest: string): boolean {
  return rest === '//';
}
