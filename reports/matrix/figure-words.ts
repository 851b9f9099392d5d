import { milliseconds, number, perMillion, plural, ratio, UNKNOWN } from "../words.ts";
import type { KeyFigures, Loss } from "./key-figures.ts";

export interface FigureColumn {
  readonly title: string;
  /** What the figure is of. */
  readonly meaning: string;
  readonly cell: (figures: KeyFigures) => string;
}

/** The key figures as text, the same in every rendering. */
export const FIGURE_COLUMNS: readonly FigureColumn[] = [
  {
    title: "lost per million, fresh",
    meaning:
      "requests on connections of their own that were under way during a reload which nothing else disturbed: lost per million of them, with the upper end of the 95 % interval, and their number; as for all figures, not in scenarios in which nothing could be decided",
    cell: ({ fresh }) => lossCell(fresh),
  },
  {
    title: "lost per million, kept alive",
    meaning: "the same on connections that carry many requests; n/a where the server has none",
    cell: ({ keptAlive }) => lossCell(keptAlive),
  },
  {
    title: "reload time",
    meaning:
      "from the signal until the last old process is gone, median of the reloads across which no request was held",
    cell: ({ reloadMs }) =>
      reloadMs ? `${milliseconds(reloadMs.median)} (${plural(reloadMs.count, "reload")})` : UNKNOWN,
  },
  {
    title: "p99 during ÷ steady",
    meaning:
      "p99 of the latency inside the reload windows over that before them, in the scenario with the median ratio",
    cell: ({ p99 }) =>
      p99 ? `${ratio(p99.ratio)} (${milliseconds(p99.beforeMs)} → ${milliseconds(p99.duringMs)})` : UNKNOWN,
  },
  {
    title: "reconnects per reload",
    meaning: "how often a kept-alive client had to connect again, per reload and connection",
    cell: ({ reconnects }) =>
      reconnects ? `${ratio(reconnects.perConnection)} (${plural(reconnects.reloads, "reload")})` : UNKNOWN,
  },
  {
    title: "log records lost",
    meaning:
      "records known to have been written that the log does not have, of all of them, while nobody took file, disk or reader away",
    cell: ({ logRecords }) => logCell(logRecords),
  },
];

function lossCell({ expected, lost, bound95 }: Loss): string {
  if (expected === 0) return UNKNOWN;
  return `${perMillion(lost / expected)} (< ${perMillion(bound95)}; ${number(lost)} of ${number(expected)})`;
}

function logCell({ expected, lost, bound95 }: Loss): string {
  return expected === 0 ? UNKNOWN : `${number(lost)} of ${number(expected)} (< ${perMillion(bound95)} per million)`;
}
