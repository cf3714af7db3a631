import { err, ok, type Result } from '../model/result.ts';

/** What a flag takes. A `toggle` also exists as `--disable_<name>`; a `switch` is off until it is named. */
export type Kind =
  | { readonly is: 'text' }
  | { readonly is: 'url'; readonly schemes: readonly string[] }
  /** Separated by commas; `of` null = any. */
  | { readonly is: 'list'; readonly of: readonly string[] | null }
  | { readonly is: 'whole'; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly is: 'share' }
  | { readonly is: 'credentials' }
  | { readonly is: 'toggle' }
  | { readonly is: 'switch' }
  | { readonly is: 'choice'; readonly of: readonly string[] };

/** Any value that a flag can have. */
export type FlagValue = string | number | boolean | readonly string[] | null;

/** Milliseconds and seconds are kept within what a 32-bit timer can wait for (24 days) times a thousand. */
const LONGEST = 2_147_483_647;

export const text = { is: 'text' } as const;
export const list = { is: 'list', of: null } as const;
export const share = { is: 'share' } as const;
export const credentials = { is: 'credentials' } as const;
export const toggle = { is: 'toggle' } as const;
export const onOff = { is: 'switch' } as const;
export const millis = { is: 'whole', min: 0, max: LONGEST, unit: 'ms' } as const;
export const seconds = { is: 'whole', min: 0, max: LONGEST, unit: 's' } as const;
/** 0 = any free port, where the flag's meaning says so. */
export const port = { is: 'whole', min: 0, max: 65_535, unit: 'port' } as const;

/** A number of things, from `min` on. */
export function count(min: number) {
  return { is: 'whole', min, max: LONGEST, unit: '' } as const;
}

/** One of a few words, in any case (Marathon: as the flag's text says). */
export function choice<const Words extends readonly string[]>(...of: Words) {
  return { is: 'choice', of } as const;
}

/** An address with one of these schemes. */
export function url(...schemes: string[]) {
  return { is: 'url', schemes } as const;
}

/** True when the flag may stand alone, without a value. */
export function standsAlone(kind: Kind): boolean {
  return kind.is === 'toggle' || kind.is === 'switch';
}

/** The value that a text means for a kind of flag, or what was expected in its place. Text without any character is no value. */
export function parseValue(kind: Kind, raw: string): Result<Exclude<FlagValue, null>, string> {
  switch (kind.is) {
    case 'text':
      return raw === '' ? err('expected some text') : ok(raw);
    case 'url': {
      const wanted = kind.schemes.map((scheme) => `${scheme}://…`).join(' or ');
      const scheme = URL.parse(raw)?.protocol.slice(0, -1);
      return scheme !== undefined && kind.schemes.includes(scheme) ? ok(raw) : err(`expected ${wanted}`);
    }
    case 'list': {
      const items = raw.split(',').flatMap((item) => item.trim() || []);
      if (items.length === 0) return err('expected a list, separated by commas');
      const stranger = kind.of === null ? undefined : items.find((item) => !kind.of?.includes(item));
      return stranger === undefined ? ok(items) : err(`'${stranger}' is not one of ${kind.of?.join(', ')}`);
    }
    case 'whole': {
      const wanted = `expected a whole number${kind.unit === '' ? '' : ` (${kind.unit})`} from ${kind.min} to ${kind.max}`;
      if (!/^-?\d{1,15}$/.test(raw)) return err(wanted);
      const value = Number(raw);
      return value >= kind.min && value <= kind.max ? ok(value) : err(wanted);
    }
    case 'share': {
      const value = /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
      return value <= 1 ? ok(value) : err('expected a number from 0 to 1');
    }
    case 'credentials':
      return /^[^:]+:./s.test(raw) ? ok(raw) : err('expected user:password');
    case 'toggle':
    case 'switch':
      if (raw === 'true' || raw === '') return ok(true);
      return raw === 'false' ? ok(false) : err('expected true or false, or no value');
    case 'choice': {
      const word = kind.of.find((one) => one === raw.toLowerCase());
      return word === undefined ? err(`expected one of ${kind.of.join(', ')}`) : ok(word);
    }
  }
}
