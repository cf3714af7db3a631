import { REFUSAL_REASONS, type QueueItem, type RefusalReason, type UnusedOffer } from '../../core/view.ts';
import type { Attribute, Resource } from '../../model/resources.ts';
import { formatTimestamp, type Millis } from '../../model/time.ts';

/** One waiting run spec as `GET /v2/queue` shows it; `app` is put in by the caller, last (Marathon's order). */
export function queueItemJson(item: QueueItem, now: Millis, withLastUnused: boolean): Readonly<Record<string, unknown>> {
  const left = item.delayedUntil === null ? 0 : item.delayedUntil - now;
  return {
    count: item.count,
    role: item.role,
    delay: { timeLeftSeconds: Math.max(0, Math.floor(left / 1000)), overdue: left <= 0 },
    since: formatTimestamp(item.since),
    processedOffersSummary: {
      processedOffersCount: item.processedOffers,
      unusedOffersCount: item.unusedOffers,
      lastUnusedOfferAt: item.lastUnusedAt === null ? undefined : formatTimestamp(item.lastUnusedAt),
      lastUsedOfferAt: item.lastUsedAt === null ? undefined : formatTimestamp(item.lastUsedAt),
      rejectSummaryLastOffers: funnel(firstReasons(item.lastUnused), item.lastUnused.length),
      rejectSummaryLaunchAttempt: funnel(item.declinedInAttempt, item.processedOffers),
    },
    ...(withLastUnused ? { lastUnusedOffers: item.lastUnused.map(unusedOfferJson) } : {}),
  };
}

/** How many offers reached each reason, and how many it declined: what one declines the next never sees. */
function funnel(declined: ReadonlyMap<RefusalReason, number>, offers: number): readonly object[] {
  let processed = offers;
  return REFUSAL_REASONS.map((reason) => {
    const row = { reason, declined: declined.get(reason) ?? 0, processed };
    processed -= row.declined;
    return row;
  });
}

function firstReasons(offers: readonly UnusedOffer[]): ReadonlyMap<RefusalReason, number> {
  const counts = new Map<RefusalReason, number>();
  for (const { reasons } of offers) {
    const first = REFUSAL_REASONS.find((reason) => reasons.includes(reason));
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

function unusedOfferJson({ offer, reasons, at }: UnusedOffer): object {
  return {
    offer: {
      id: offer.id,
      hostname: offer.host,
      agentId: offer.agentId,
      resources: offer.resources.map((resource) => ({ name: resource.name, role: resource.role, ...valueJson(resource.value) })),
      attributes: offer.attributes.map((attribute) => ({ name: attribute.name, ...valueJson(attribute.value) })),
    },
    reason: reasons,
    timestamp: formatTimestamp(at),
  };
}

function valueJson(value: Resource['value'] | Attribute['value']): object {
  switch (value.is) {
    case 'scalar':
      return { scalar: value.scalar };
    case 'ranges':
      return { ranges: value.ranges.map(({ begin, end }) => ({ begin, end })) };
    case 'set':
      return { set: value.items };
    case 'text':
      return { text: value.text };
  }
}
