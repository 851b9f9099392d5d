/*
 * With one SO_REUSEPORT socket per worker the kernel deals connections out by socket: one that nobody accepts from would keep its share
 * waiting. So each socket is some worker's own, and while that worker is not there another one stands in.
 */

/** A worker and the place of its own socket. */
export interface Seat {
  readonly worker: number;
  readonly cohort: number;
  readonly own: number;
}

/** The place for a new worker of a cohort: the one that fewest of its cohort, of those who stay, have. */
export function ownSocketFor(cohort: number, seats: Iterable<Seat>, sockets: number): number {
  const staying = [...seats].filter((seat) => seat.cohort === cohort);
  const taken = Array.from({ length: sockets }, (_, place) => staying.filter(({ own }) => own === place).length);
  return taken.indexOf(Math.min(...taken));
}

/** The places where each of the workers that accept stands in: those that are nobody's are dealt out in turn. */
export function dealSockets(seats: readonly Seat[], sockets: number): ReadonlyMap<number, readonly number[]> {
  const dealt = new Map(seats.map(({ worker }): [number, number[]] => [worker, []]));
  const orphans = Array.from({ length: sockets }, (_, place) => place).filter(
    (place) => !seats.some(({ own }) => own === place),
  );
  for (const [turn, place] of orphans.entries()) {
    const seat = seats[turn % seats.length];
    if (seat) dealt.get(seat.worker)?.push(place);
  }
  return dealt;
}
