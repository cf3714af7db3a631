import { isObject, listOf, textOf } from './read.ts';

/** Exit codes of the command. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, timeout: 124 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command: with this exit code, and these lines on stderr. */
export class Problem extends Error {
  readonly exit: ExitCode;
  constructor(exit: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

/** The server answered with an error. */
export class Refusal extends Problem {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    super(EXIT.refused, describe(status, body));
    this.status = status;
    this.body = body;
  }

  /** True when running deployments are in the way: `--force` would stop them. */
  get locked(): boolean {
    return this.status === 409 && isObject(this.body) && Array.isArray(this.body['deployments']);
  }
}

/** The same problem with a line of advice below it. */
export function withAdvice(problem: Refusal, advice: string): Problem {
  return new Problem(problem.exit, `${problem.message}\n${advice}`, { cause: problem });
}

/** Marathon's error bodies as lines: the message, then each path with what is wrong there, or the deployments in the way. */
function describe(status: number, body: unknown): string {
  if (!isObject(body)) {
    const text = typeof body === 'string' ? body.trim().split('\n')[0]?.slice(0, 500) : '';
    return text === '' || text === undefined ? `the server answered with status ${status}` : `${text} (status ${status})`;
  }
  const lines = [textOf(body['message']) || `the server answered with status ${status}`];
  const details = body['details'];
  if (typeof details === 'string') lines.push(`  ${details}`);
  for (const detail of listOf(details)) {
    if (!isObject(detail)) continue;
    for (const error of listOf(detail['errors'])) lines.push(`  ${textOf(detail['path']) || '/'}: ${textOf(error)}`);
  }
  for (const deployment of listOf(body['deployments'])) {
    if (isObject(deployment)) lines.push(`  deployment in the way: ${textOf(deployment['id'])}`);
  }
  if (status === 401) lines.push('  give user and password in the address: http://USER:PASSWORD@HOST:PORT');
  return lines.join('\n');
}
