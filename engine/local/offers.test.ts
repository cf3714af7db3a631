import { afterEach, expect, test, vi } from 'vitest';
import type { AgentInfo } from '../../model/agent.ts';
import type { EngineEvent } from '../../model/engineEvent.ts';
import type { AgentId } from '../../model/ids.ts';
import type { Resource } from '../../model/resources.ts';
import { createLedger } from './ledger.ts';
import { createOffers } from './offers.ts';

const resources: readonly Resource[] = ['cpus', 'mem'].map((name) => ({ name, role: '*', value: { is: 'scalar', scalar: 4 } }));
const agent: AgentInfo = { id: 'a-S0' as AgentId, host: 'here', resources, attributes: [], region: null, zone: null };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

test('nothing is offered before the core listens; then everything is, although nothing has changed since', async () => {
  const told: EngineEvent[] = [];
  const looked = vi.fn(() => Promise.resolve(new Set<number>()));
  const ports = { busy: looked, released: () => undefined };
  const offers = createOffers({ agent, ledger: createLedger(resources), emit: (event) => told.push(event), pause: 1, review: 5, ports });
  stops.push(offers.stop);
  offers.changed();
  offers.revive();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(told).toEqual([]);
  offers.start();
  await vi.waitFor(() => expect(told.map(({ is }) => is)).toEqual(['offers']));
  offers.changed();
  const looks = looked.mock.calls.length;
  await vi.waitFor(() => expect(looked.mock.calls.length).toBeGreaterThan(looks));
  expect(told.length).toBe(1);
});
