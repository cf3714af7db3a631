import type { FieldError } from './command.ts';

/** Gathers what is wrong with a body. Messages on one path become one entry, in order of arrival (Marathon). */
export class FieldErrors {
  private readonly byPath = new Map<string, Set<string>>();

  add(path: string, message: string): void {
    const known = this.byPath.get(path);
    if (known === undefined) this.byPath.set(path, new Set([message]));
    else known.add(message);
  }

  get isEmpty(): boolean {
    return this.byPath.size === 0;
  }

  list(): FieldError[] {
    return [...this.byPath].map(([path, errors]) => ({ path, errors: [...errors] }));
  }
}
