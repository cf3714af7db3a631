const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EPIPE: 'Connection closed before an answer',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EADDRNOTAVAIL: 'No address left to connect from',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files on this host',
  ENOTFOUND: 'Unknown host',
  EAI_AGAIN: 'Host name could not be looked up',
  UND_ERR_SOCKET: 'Connection closed before an answer',
  UND_ERR_HEADERS_OVERFLOW: 'Response headers are too long',
};

/** Why a connection or an exchange failed, in a few words (shown as `lastFailureCause` and in the reason of a kill). */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // undici wraps what the socket said.
  if (code === 'UND_ERR_SOCKET' && error.cause !== undefined) return causeOf(error.cause);
  const words = WORDS[code];
  if (words !== undefined) return words;
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError') return `Not an HTTP response: ${error.message}`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))
    return `TLS handshake failed: ${error.message.trim()}`;
  return error.message;
}
