/** A decision that may be a refusal. Errors are values in the core: nothing here is thrown. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** The accepted outcome. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** The refused outcome. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** Ends a switch over a union: does not compile while a case is missing. Throws if data lied about its type. */
export function never(value: never): never {
  throw new Error(`unexpected variant: ${JSON.stringify(value)}`);
}
