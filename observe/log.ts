import { pino, type Logger } from 'pino';

/** Marathon's names of levels, as `--logging_level` and `/logging` take them. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type { Logger };

/** Where lines go: file descriptor 1 in the server, an array in tests. */
export interface LogSink {
  write(line: string): void;
}

export interface LogOptions {
  readonly level: LogLevel | 'off';
  /** `plain`: a line a person can read; `json`: pino's objects, one a line. */
  readonly form: 'plain' | 'json';
  readonly sink: LogSink;
}

/** The server's log. `off` is silent. Times are UTC in ISO form. */
export function createLog({ level, form, sink }: LogOptions): Logger {
  const pinoLevel = level === 'off' ? 'silent' : level;
  const destination = form === 'json' ? sink : { write: (line: string) => sink.write(plainLine(line)) };
  return pino({ level: pinoLevel, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, destination);
}

/** Reads a level in any case; null when there is no such level. */
export function parseLogLevel(text: string): LogLevel | null {
  return LOG_LEVELS.find((level) => level === text.toLowerCase()) ?? null;
}

const LEVEL_NAMES: Readonly<Record<number, string>> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/** One of pino's lines as `2026-11-21T03:35:47.000Z INFO  message {"more":1}`. What is not an object stays as it is. */
function plainLine(line: string): string {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== 'object' || parsed === null) return line;
  const { level, time, msg, ...rest } = parsed as Readonly<Record<string, unknown>>;
  const name = (typeof level === 'number' ? LEVEL_NAMES[level] : undefined) ?? 'INFO';
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
  return `${String(time)} ${name.padEnd(5)} ${typeof msg === 'string' ? msg : ''}${more}\n`;
}
