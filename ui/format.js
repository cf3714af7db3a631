/** Numbers and moments for people. Pure: the moment comes in as an argument. */

/**
 * How long ago, in one unit: `just now`, `42 s`, `5 min`, `3 h`, `12 d`.
 * @param {string | number | null | undefined} moment
 * @param {number} now
 */
export function age(moment, now) {
  const at = typeof moment === 'number' ? moment : Date.parse(moment ?? '');
  if (Number.isNaN(at)) return '';
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 3) return 'just now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * `5 min ago`, or `just now`.
 * @param {string | number | null | undefined} moment
 * @param {number} now
 */
export function ago(moment, now) {
  const text = age(moment, now);
  return text === '' || text === 'just now' ? text : `${text} ago`;
}

/**
 * Megabytes as people say them: `64 MB`, `1.5 GB`.
 * @param {number} mb
 */
export function memory(mb) {
  return mb < 1000 ? `${trim(mb)} MB` : `${trim(mb / 1024)} GB`;
}

/**
 * At most two decimals, none that are zero.
 * @param {number} value
 */
export function trim(value) {
  return String(Math.round(value * 100) / 100);
}

/**
 * `1 app`, `2 apps`.
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * `TASK_RUNNING` → `Running`.
 * @param {string} state
 */
export function stateWord(state) {
  const word = state
    .replace(/^TASK_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/**
 * `host:port`, with brackets around an IPv6 address.
 * @param {string} host
 * @param {number} port
 */
export function address(host, port) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
