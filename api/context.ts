import type { Orchestra, View } from '../core/view.ts';
import type { Commands, CommandName, Origin } from '../model/command.ts';
import type { Result } from '../model/result.ts';
import { err, ok } from '../model/result.ts';
import { message, type Exchange, type Finished } from './http/exchange.ts';
import { refusalAnswer } from './refusal.ts';

/** Looks at the cluster and builds an answer from it; 503 with the reason while this server does not lead. */
export async function reading(orchestra: Orchestra, look: (view: View) => Finished): Promise<Finished> {
  return (await orchestra.read(look)) ?? notLeading(orchestra);
}

/** Gives a command; a refusal comes back as the answer to send. */
export async function asking<K extends CommandName>(
  orchestra: Orchestra,
  name: K,
  ask: Commands[K]['ask'],
): Promise<Result<Commands[K]['answer'], Finished>> {
  const answer = await orchestra.ask(name, ask);
  return answer.ok ? ok(answer.value) : err(refusalAnswer(answer.error));
}

/** 503, and what it waits for. */
export function notLeading(orchestra: Orchestra): Finished {
  const { role, why } = orchestra.standing();
  return message(503, `This server is not ready to answer (${role}): ${why}`);
}

/** Who sent a command, for `api_post_event`. */
export function originOf(exchange: Exchange): Origin {
  return { clientIp: exchange.clientIp, uri: exchange.uri };
}
