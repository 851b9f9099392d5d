/** Only the abort itself: a bug that shows while things are being ended must not pass for an interruption. */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}
