import { empty, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';

/** `/` leads to the web UI, as Marathon's does; below `/ui/` lie its files. */
export function uiResources(): readonly Resource[] {
  const toUi = () => empty(302, { Location: '/ui/' });
  return [
    { path: '/', routes: [{ path: /^$/, methods: { GET: toUi }, produces: null }] },
    {
      path: '/ui',
      routes: [
        // The router drops a slash at the end, and only `/ui/` makes the page's relative links work.
        { path: /^$/, methods: { GET: ({ uri }: Exchange) => (uri.endsWith('/') ? { file: 'index.html' } : toUi()) }, produces: null },
        { path: /^\/(.+)$/, methods: { GET: ({ params }: Exchange) => ({ file: params[0] ?? '' }) }, produces: null },
      ],
    },
  ];
}
