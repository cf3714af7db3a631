import { describe, expect, test } from 'vitest';
import { conditionOf, mayBecome } from './transition.ts';

describe('conditions move forward only', () => {
  test.each([
    ['Provisioned', 'Staging', true],
    ['Provisioned', 'Running', true],
    ['Staging', 'Starting', true],
    ['Running', 'Starting', false],
    ['Running', 'Killing', true],
    ['Killing', 'Running', false],
    ['Killing', 'Killed', true],
    ['Running', 'Unreachable', true],
    ['Killing', 'Unreachable', true],
    ['Unreachable', 'Killing', true],
    ['Unreachable', 'Running', true],
    ['UnreachableInactive', 'Running', true],
    ['UnreachableInactive', 'Unreachable', false],
    ['Unreachable', 'Provisioned', false],
    ['Unreachable', 'Failed', true],
    ['Failed', 'Running', false],
    ['Finished', 'Failed', false],
    ['Scheduled', 'Running', false],
  ] as const)('%s → %s: %s', (from, to, allowed) => {
    expect(mayBecome(from, to)).toBe(allowed);
  });
});

describe('what a task state means', () => {
  test.each([
    ['TASK_RUNNING', null, 'Running'],
    ['TASK_GONE_BY_OPERATOR', null, 'Gone'],
    ['TASK_LOST', 'REASON_RECONCILIATION', 'Unreachable'],
    ['TASK_LOST', 'REASON_SLAVE_REMOVED', 'Unreachable'],
    ['TASK_LOST', 'REASON_INVALID_OFFERS', 'Gone'],
    ['TASK_LOST', null, 'Gone'],
  ] as const)('%s (%s) is %s', (state, reason, condition) => {
    expect(conditionOf(state, reason)).toBe(condition);
  });
});
