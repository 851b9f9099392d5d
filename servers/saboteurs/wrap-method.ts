/** Puts another method in the place of one of a class; it is given the original, to be called on whatever it is called on. */
export function wrapMethod<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  wrap: (original: T[K]) => T[K],
): void {
  prototype[name] = wrap(prototype[name]);
}
