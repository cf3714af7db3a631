interface EventStory {
  /** What happened to each instance, in order. */
  readonly instances: readonly (readonly object[])[];
  /** What was found of each instance's health, in order: Marathon's checks run beside all else. */
  readonly health: readonly (readonly object[])[];
  /** What happened to each deployment, in order. */
  readonly plans: readonly (readonly object[])[];
  /** All else; Marathon publishes it from several threads, in any order. */
  readonly others: readonly object[];
}

/** An event stream's text, sorted by what each event is about: only there Marathon keeps an order. Events that `leaveOut` matches are left out. */
export function eventStory(text: string, leaveOut: RegExp | null): EventStory {
  const instances = new Map<string, object[]>();
  const health = new Map<string, object[]>();
  const plans = new Map<string, object[]>();
  const others: object[] = [];
  for (const frame of text.split(/\r\n\r\n/)) {
    const name = /^event: (.*)$/m.exec(frame)?.[1]?.trim();
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (name === undefined || data === undefined || leaveOut?.test(data) === true) continue;
    const event = { name, ...JSON.parse(data) };
    const instance = /"(?:instanceId|taskId)":"([^"]+?)(?:\._app\.\d+)?"/.exec(data)?.[1];
    const plan = /"plan":\{"id":"([^"]+)"/.exec(data)?.[1];
    if (plan !== undefined) push(plans, plan, event);
    else if (instance !== undefined) push(/health/.test(name) ? health : instances, instance, event);
    else others.push(event);
  }
  return { instances: [...instances.values()], health: [...health.values()].map(withoutRepetition), plans: [...plans.values()], others };
}

/** Marathon says what the agent's check found twice, once before and once after `health_status_changed_event`. */
function withoutRepetition(events: readonly object[]): object[] {
  const content = (event: object): string => JSON.stringify(event).replace(/"timestamp":"[^"]*"/, '');
  return events.filter(
    (event, n) => !events.slice(n + 1, n + 3).some((later) => /instance_health/.test(content(event)) && content(later) === content(event)),
  );
}

function push(map: Map<string, object[]>, key: string, event: object): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [event]);
  else list.push(event);
}
