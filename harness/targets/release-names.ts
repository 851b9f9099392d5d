/** The generation that the text of a header stands for; 0 where it names none. */
export type ReleaseNumbers = (text: string) => number;

/**
 * Numbers the releases of an attached service by the texts that name them in its answers: a version, a commit, the name of a
 * container. A text that was not seen before belongs to the release in force.
 *
 * A release has one name, or one for each of its workers. A header with more of them does not name releases (it may be the
 * id of the request), and from then on no answer has a generation, so that nothing passes by it.
 *
 * @param inForce number of the release that was deployed last.
 */
export function createReleaseNames(workers: number, inForce: () => number): ReleaseNumbers {
  const numbers = new Map<string, number>();
  let namesReleases = true;
  return (text) => {
    if (!namesReleases) return 0;
    const known = numbers.get(text);
    if (known !== undefined) return known;
    const generation = inForce();
    const names = [...numbers.values()].filter((number) => number === generation).length;
    namesReleases = names < workers;
    if (!namesReleases) return 0;
    numbers.set(text, generation);
    return generation;
  };
}
