/** What an app's JSON carries beside its definition. Counts and deployments are always there (Marathon). */
export interface AppEmbed {
  readonly tasks: boolean;
  readonly lastTaskFailure: boolean;
  readonly readiness: boolean;
  readonly taskStats: boolean;
}

/** Marathon: what `GET /v2/apps/{id}` always shows. */
export const ONE_APP: readonly string[] = ['tasks', 'lastTaskFailure'];

const PREFIX = /^(?:group\.)?apps?\./;

/** Reads `embed` parameters in any of their spellings: `apps.tasks`, `app.tasks`, `group.apps.tasks`, `tasks`. Unknown ones mean nothing. */
export function parseAppEmbed(values: readonly string[], always: readonly string[] = []): AppEmbed {
  const wanted = new Set([...values.map((value) => value.replace(PREFIX, '')), ...always]);
  const failures = wanted.has('failures');
  return {
    tasks: failures || wanted.has('tasks'),
    lastTaskFailure: failures || wanted.has('lastTaskFailure'),
    readiness: wanted.has('readiness'),
    taskStats: wanted.has('taskStats'),
  };
}
