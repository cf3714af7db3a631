/** Differences from what was recorded that are meant to be. */
export interface Deviation {
  /** The exchanges' names. */
  readonly exchanges: RegExp;
  /** Where in the answer; default anywhere. */
  readonly where?: RegExp;
  readonly why: string;
}

/** What is still missing, and what says nothing about the protocol. */
const APART: readonly Deviation[] = [
  { exchanges: /./, where: /\/localVolumes\(/, why: 'Persistent volumes are not there yet.' },
  {
    exchanges: /roles_top\/(?:008|016|017)/,
    why: 'Groups are not there yet: those of the scenario took service ports, and one ceased to enforce its role.',
  },
  {
    exchanges: /-info$|024-accept-html|025-gzip|026-cors-origin|003-leader/,
    where: /^\/(?:buildref|leader|frameworkId|(?:marathon|zookeeper|http)_config\/\w+)$/,
    why: 'Addresses, names and flags of this very server; which fields there are is compared.',
  },
  { exchanges: /004-metrics-prom/, why: 'Values of this very server; names and kinds of metrics are compared beside the API.' },
  { exchanges: /007-logging/, why: 'Loggers are parts of the program.' },
  { exchanges: /lifecycle_\d\/010-queue-during/, why: 'Marathon had not yet queued all instances of the app that had just been created.' },
];

/** What `docs/compatibility.md` tells users. */
const TOLD: readonly Deviation[] = [
  {
    exchanges: /sys_1\/0(?:08|09|10|11|14|15)|events_misc\/00[45]/,
    where: /^$|^\/(?:status|Content-Type)$/,
    why: 'A path that does not exist is answered by 404 in JSON, not by 500 or HTML.',
  },
  { exchanges: /delay-reset|delay-404|plugin-404/, where: /^\/Content-Type$/, why: 'A body in JSON is said to be JSON.' },
  { exchanges: /-text$|container-ports$/, why: 'Lists of tasks are given as text/plain too.' },
  { exchanges: /bulk-put-object/, why: 'A single object at PUT /v2/apps is taken as a list of one.' },
  { exchanges: /wildcard-root/, why: 'The root group is found under every spelling.' },
  {
    exchanges: /bulk_2\/01[58]/,
    where: /\/(?:portDefinitions|ports)\(0\)$/,
    why: 'An app that a list creates gets its port like any other.',
  },
  { exchanges: /lifecycle_3\/024-versions/, where: /^\/versions\(\d\+\)$/, why: 'A refused change leaves no version behind.' },
  {
    exchanges: /lifecycle_3\/(?:023|029)/,
    where: /^\/app\/tasks(?:Running|\(\+\))$/,
    why: 'When an app shrinks, instances that wait for a launch go before those that run.',
  },
  {
    exchanges: /deploy_1\/(?:009|010|015|019)|queue_2\/019/,
    where: /^\(0\+\)$|\/(?:version|lastScalingAt|lastConfigChangeAt)$|^\/app\/tasks\(\d\)\/id$/,
    why: 'A rollback brings the former version itself back, and keeps what still runs it.',
  },
  { exchanges: /events_\w+\/018-stream/, where: /^\/instances\(1[345]\+\)$/, why: 'The same: what was rolled back is not started anew.' },
  {
    exchanges: /events_\w+\/018-stream/,
    where: /^\/instances\(3\)\(1\d\)/,
    why: 'An instance of an older version that waits for a launch when an upgrade begins is not launched any more.',
  },
];

/** As few as possible. */
export const DEVIATIONS: readonly Deviation[] = [...APART, ...TOLD];
